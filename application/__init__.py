"""The use cases, one per module, and the facade that offers them all."""
