"""What is kept of the results of claims, and what enterprises say of how it went."""
