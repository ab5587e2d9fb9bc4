"""What appeals are about: the kinds of links that stand in this house already, and links officials set afterwards."""
