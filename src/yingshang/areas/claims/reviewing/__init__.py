"""The review of claims: evidence beside the decision, and identical cases approved together."""
