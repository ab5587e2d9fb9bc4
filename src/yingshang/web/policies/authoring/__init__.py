"""Documents and items being written, on the desk."""
