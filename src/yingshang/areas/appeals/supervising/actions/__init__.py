"""What supervisors and leaders do."""
