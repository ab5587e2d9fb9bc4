"""Editing an item: conditions as rows or as FEEL, changes made in place in its YAML, what a first page says. Pure."""
