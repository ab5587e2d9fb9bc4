"""Parts of the review of claims that some items need: scoring by experts who are drawn, and checks in the field."""
