"""The face of officials, at `/desk`: the workbench. See README.md."""
