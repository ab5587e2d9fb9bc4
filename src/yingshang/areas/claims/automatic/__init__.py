"""The automatic mode 免申即享: lists of the entitled, drawn up, frozen, checked, offered and answered."""
