"""The pages of this face."""
