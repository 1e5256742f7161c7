"""Fault injection: the promises hold while processes, connections and the database are being broken."""
