"""What people do with searches: subscribe to them, and unsubscribe."""
