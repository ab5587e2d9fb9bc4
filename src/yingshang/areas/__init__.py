"""Areas of government work, one Django app each. An area uses the doors of the kernel and of other areas."""
