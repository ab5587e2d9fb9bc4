"""The supervisor's desk of the circuit breaker, and money asked back."""
