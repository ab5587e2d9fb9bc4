"""Commitments 告知承诺 instead of a document, and the check that follows each of them."""
