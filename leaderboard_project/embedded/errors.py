"""What can go wrong before the servers are up; each message is one sentence for the person at the terminal."""

from __future__ import annotations


class EmbeddedError(Exception):
    """The embedded servers cannot be used; the message says why and what to do."""


class DataInUse(EmbeddedError):
    """Another process holds the data directory."""


class ServerFailed(EmbeddedError):
    """A server ended or did not answer; the message carries the end of its log."""
