"""What appeals teach: what hurts where, which causes come back, how fast agencies are, what to tell policy authors."""
