"""The performance record 考核台账: how each agency did each month, frozen, and corrected with a reason."""
