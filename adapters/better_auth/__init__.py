"""better-auth's sessions, read where better-auth keeps them."""
