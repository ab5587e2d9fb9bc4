"""The face of those who run the platform, at `/administration`. See README.md."""
