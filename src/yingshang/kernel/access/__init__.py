"""Who may do what to whom: users, roles, scope, mandates of enterprises. See README.md."""
