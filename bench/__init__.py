"""Measures the column evaluator beside other engines: `make bench`."""
