"""Writes, one use case a file."""
