"""What is done to interpretations, one use case a file."""
