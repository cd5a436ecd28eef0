"""Tells the rest of the server what was committed: after the commit, once, in this one place."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from scores.changes import Committed, Projection
from scores.signals import standings_committed


class Announcement:
    """A committed transaction's news, and what the ranks made of it."""

    def __init__(self) -> None:
        self.projection = Projection()

    def after_commit(self, committed: Committed) -> None:
        """Send `standings_committed` once the open transaction has committed; never if it rolls back.

        A receiver that fails is logged and changes nothing: the sessions are stored, and the
        reconciler repairs the ranks within seconds.
        """
        if committed.standings or committed.names:
            transaction.on_commit(partial(self._send, committed), robust=True)

    def _send(self, committed: Committed) -> None:
        for _, response in standings_committed.send_robust(sender=Committed, committed=committed):
            if isinstance(response, Projection):
                self.projection = response
