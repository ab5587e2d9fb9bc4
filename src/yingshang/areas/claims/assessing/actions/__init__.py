"""What is done in scoring and field checks, one use case a file."""
