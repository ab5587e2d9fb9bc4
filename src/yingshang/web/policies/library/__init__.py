"""The policy library in the portal: search, facets, documents, items, feeds."""
