"""What an item has achieved, on the desk."""
