"""A unit gets a new head: who answers for it since when, and the list of old contracts that is signed for."""
