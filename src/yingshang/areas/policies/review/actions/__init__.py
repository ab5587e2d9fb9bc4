"""What is done in the review, one use case a file."""
