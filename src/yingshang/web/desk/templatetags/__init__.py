"""Template tags of the pages for officials."""
