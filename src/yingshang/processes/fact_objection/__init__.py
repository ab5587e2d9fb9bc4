"""异议: an enterprise objects to a fact held on it. See README.md."""
