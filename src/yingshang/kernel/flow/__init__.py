"""流程. See README.md."""
