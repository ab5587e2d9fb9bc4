"""The circuit breaker 监督熔断, and money that is asked back."""
