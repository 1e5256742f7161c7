"""The API that OpenAI's own clients speak, below /v1, on the same use cases as the native API."""
