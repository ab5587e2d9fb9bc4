"""Results by agency, for everybody."""
