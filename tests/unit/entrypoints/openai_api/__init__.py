"""Tests of the API that OpenAI's clients speak."""
