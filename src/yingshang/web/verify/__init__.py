"""The face of anyone who wants to check, at `/verify`. See README.md."""
