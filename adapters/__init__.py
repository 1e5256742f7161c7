"""What talks to the outside: one package per technology."""
