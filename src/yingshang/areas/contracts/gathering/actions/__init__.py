"""What is done with many contracts at a time."""
