"""What can go wrong with an archive, each in a sentence for whoever typed the command."""

from __future__ import annotations


class NoArchive(Exception):
    """No archive was written, and nothing of it is left; the message says why."""


class ArchiveRefused(Exception):
    """The archive was not restored, and nobody saw anything of it; the message says why, and what to do."""
