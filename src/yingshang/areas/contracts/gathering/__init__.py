"""Contracts that come many at a time: tables, packages of releases (OCDS), systems; and what is given out to others."""
