"""A contract is written down, checked, reviewed by another, changed by supplements, and ended."""
