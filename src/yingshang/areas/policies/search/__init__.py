"""The library's search: words, the index, questions and answers. What lies in the index is derived from the tables."""
