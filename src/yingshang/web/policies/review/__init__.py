"""The standardisation review and the life of versions, on the desk; consultations in the portal."""
