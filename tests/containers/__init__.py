"""The image and compose.yaml, on the Docker engine of this machine; skipped where none answers."""
