"""What an item has achieved: figures over time, opinions, effect, and what was decided."""
