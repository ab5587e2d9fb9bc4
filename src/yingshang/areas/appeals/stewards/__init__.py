"""Officials who look after enterprises: who has whom, when they visit, and what comes of it."""
