"""What writes: learning from closed appeals."""
