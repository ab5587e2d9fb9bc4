"""A unit gets a new head: the list of contracts is handed over, spoken to line by line, and signed for."""
