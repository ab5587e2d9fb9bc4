"""Parties 主体库: enterprises and where they are, what they do, how large they are and what is known of them."""
