"""The two portraits: published levels, every figure opened down to its obligations, objections and repair."""
