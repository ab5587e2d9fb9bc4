"""Enterprises that are entitled and have not acted, on the desk."""
