"""文书. See README.md."""
