"""PostgreSQL: tables, statements, the repositories over them, and migrations."""
