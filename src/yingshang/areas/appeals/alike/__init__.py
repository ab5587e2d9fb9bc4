"""Whether appeals say the same: `fingerprints` and `groups` are pure, `finding` reads the database."""
