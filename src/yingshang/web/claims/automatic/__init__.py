"""Lists of the automatic mode on the desk, and what an enterprise is offered in the portal."""
