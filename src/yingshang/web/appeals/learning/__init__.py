"""What appeals teach, for leaders: one region in a period, and every figure down to its appeals."""
