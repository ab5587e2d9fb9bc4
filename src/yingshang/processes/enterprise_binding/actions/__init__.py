"""What can be done here, one use case a file."""
