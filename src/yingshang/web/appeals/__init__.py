"""Pages of appeals. See README.md."""
