"""What an enterprise sees of its contracts with public units: what it is owed, what waits for its word."""
