"""What is done with contracts, one use case a file."""
