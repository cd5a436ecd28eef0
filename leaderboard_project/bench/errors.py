"""Why a benchmark ends early; each message is one sentence for the person at the terminal."""

from __future__ import annotations


class BenchFailed(Exception):
    """The benchmark cannot go on."""


class ClientFailed(BenchFailed):
    """A client ended without a result, or could not do what it was asked for."""
