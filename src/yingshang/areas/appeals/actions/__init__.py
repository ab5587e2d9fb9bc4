"""What can be done with an appeal, one use case a file."""
