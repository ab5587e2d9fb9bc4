"""Quotas and pools: who is in when everybody is known, and how much of a pool each gets."""
