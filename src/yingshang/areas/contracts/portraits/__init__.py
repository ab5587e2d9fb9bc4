"""Portraits 画像 of public units and of enterprises: replayed from what happened, every figure with its obligations."""
