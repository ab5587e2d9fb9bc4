"""Messages to and from banks, and the ways they travel. No Django, no database, no clock: see README.md."""
