"""Settings, addresses and the WSGI entry point. Nothing imports from here but `operations`; Django reads it by name."""
