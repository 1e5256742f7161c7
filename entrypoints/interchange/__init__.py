"""The interchange format: what an owner has, as NDJSON, for exports and imports."""
