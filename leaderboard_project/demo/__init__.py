"""The demo: a few hundred invented players whose games arrive over the public API, as a game server's would."""
