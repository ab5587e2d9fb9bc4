"""What is done with windows and appointments."""
