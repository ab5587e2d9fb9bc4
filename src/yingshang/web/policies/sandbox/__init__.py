"""What a draft would cost, on the desk."""
