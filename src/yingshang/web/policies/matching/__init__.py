"""What an enterprise is entitled to, and the calculator for those without an account, in the portal."""
