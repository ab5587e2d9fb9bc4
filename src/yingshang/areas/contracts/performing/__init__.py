"""Performing: what each side says has been done, events that start days running, and what it comes to."""
