"""The face of enterprises and citizens, at `/`. See README.md."""
