"""What can be done about stewards and visits, one use case a file."""
