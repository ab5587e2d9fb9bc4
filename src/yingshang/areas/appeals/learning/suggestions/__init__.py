"""Suggestions to those who make policies, with the voices behind them."""
