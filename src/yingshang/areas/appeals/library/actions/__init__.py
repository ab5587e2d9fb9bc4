"""What is done to the library, one subject a module."""
