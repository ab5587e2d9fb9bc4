"""What is written down while a contract is performed; each is one transaction with one event."""
