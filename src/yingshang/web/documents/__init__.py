"""The face of documents. See README.md."""
