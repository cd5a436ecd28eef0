"""A player's own pages: sign up, log in, submit, see one's own sessions, take one's data along or away."""
