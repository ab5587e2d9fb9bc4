"""Policy seeks enterprise 政策找企业: who is told of what, and what became of it."""
