"""What is done with a consultation, one subject a file."""
