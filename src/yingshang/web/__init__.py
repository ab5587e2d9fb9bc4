"""What people look at. Today: reports as single HTML files that need no network."""
