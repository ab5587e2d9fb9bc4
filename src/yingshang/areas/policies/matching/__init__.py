"""What enterprises are entitled to: one live with reasons, everybody stored as bits, and what has changed."""
