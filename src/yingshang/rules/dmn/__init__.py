"""Decision tables and decision models of DMN 1.5 (OMG formal/24-01-01), on our own FEEL."""
