"""What contracts come to, for leaders: one region on one screen, and every figure down to its obligations."""
