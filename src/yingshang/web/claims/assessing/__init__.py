"""Pages of scoring by experts and of field checks."""
