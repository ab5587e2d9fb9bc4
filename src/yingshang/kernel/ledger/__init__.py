"""存证: who did what, when, and what changed. See README.md."""
