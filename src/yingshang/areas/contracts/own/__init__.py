"""What an enterprise reads of its contracts with public units: what it is owed, and what waits for its word."""
