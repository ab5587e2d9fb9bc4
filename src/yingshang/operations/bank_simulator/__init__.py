"""A bank to practise with: takes batches over HTTP or files, keeps its own books, and behaves as badly as it is told.

For demonstrations and tests only. It is a program of its own with its own file of data and knows nothing of the
platform's database; what the two say to each other is what a real bank and the platform would say.
"""
