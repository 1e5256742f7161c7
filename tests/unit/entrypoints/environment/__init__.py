"""The environment's modules, by themselves."""
