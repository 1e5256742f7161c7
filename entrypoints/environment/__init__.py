"""The environment: reading variables and files into a struct of settings, whatever its fields are."""
