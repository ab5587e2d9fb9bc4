"""Interpretations: written on the desk, read with their picture in the portal."""
