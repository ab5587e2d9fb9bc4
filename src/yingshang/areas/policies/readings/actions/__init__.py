"""What is asked of the worker, and what the worker does."""
