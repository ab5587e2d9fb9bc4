"""Awards before the public: what everybody reads and objects to, and what officials do about it."""
