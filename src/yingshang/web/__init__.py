"""What people look at: the faces, the API, the design system, and reports as single files."""
