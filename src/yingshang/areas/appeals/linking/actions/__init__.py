"""Setting links and taking them away."""
