"""Pages of one kind; see the README of web/contracts."""
