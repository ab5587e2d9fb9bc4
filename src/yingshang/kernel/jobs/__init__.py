"""任务: work that runs apart from a request, kept in PostgreSQL. See README.md."""
