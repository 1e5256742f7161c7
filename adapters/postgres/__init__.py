"""Conversations and messages in PostgreSQL: tables, statements, the repository, the migrations' runner."""
