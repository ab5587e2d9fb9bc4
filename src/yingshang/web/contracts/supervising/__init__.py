"""Pages of what follows when something is late: the supervisor's desk, notices, cases, transfers, cancellations."""
