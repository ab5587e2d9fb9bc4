"""Obligations: the rules they are agreed by, the law's limits, interest, and how those of a contract come to be."""
