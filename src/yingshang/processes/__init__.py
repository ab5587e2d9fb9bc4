"""Journeys that cross rooms and areas. Each uses the doors of those it crosses."""
