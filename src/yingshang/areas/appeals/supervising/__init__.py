"""What happens when an appeal is late: messages, the desk above, supervision notices, a leader's list."""
