"""The API root, at `/api/v1`. See README.md."""
