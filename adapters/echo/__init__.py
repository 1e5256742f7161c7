"""A responder that needs no model."""
