"""The jobs that an operator schedules, as real commands on a real database."""
