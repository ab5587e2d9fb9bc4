"""Paying: batches reach banks, what banks say is taken in, and both sides' books are compared."""
