"""The standardisation review of a version: elements, flow, findings, consultation, redline, expiry."""
