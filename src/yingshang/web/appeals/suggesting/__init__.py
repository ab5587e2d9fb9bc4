"""Suggestions to those who make policies: made of clusters of appeals, answered by the authors."""
