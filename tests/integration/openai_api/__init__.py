"""Tests of the API that OpenAI's clients speak, with these clients, on PostgreSQL."""
