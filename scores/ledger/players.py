"""Who the sessions of a batch belong to: finds players, and makes new ones where the client may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from scores.changes import NameChange
from scores.errors import Refused
from scores.ledger.statements import Statements
from scores.ledger.values import SubmittedSession


class ResolvedPlayer(msgspec.Struct, frozen=True, gc=False):
    """A player as this transaction sees them; the gate keeps that true until it ends."""

    id: int
    username: str
    banned: bool


class Players:
    """The players of one batch. Making it sends the questions; `resolve` waits for the answers."""

    def __init__(self, statements: Statements, batch: Sequence[SubmittedSession]) -> None:
        self._statements = statements
        self._batch = batch
        user_ids = sorted({session.user_id for session in batch if session.user_id is not None})
        usernames = sorted({session.username for session in batch if session.username is not None})
        self._asked = []
        if user_ids:
            self._asked.append(statements.run("players_by_id", user_ids=user_ids))
        if usernames:
            self._asked.append(statements.run("players_by_username", usernames=usernames))
        self._by_id: dict[int, ResolvedPlayer] = {}
        self._by_username: dict[str, ResolvedPlayer] = {}
        #: Those who were not there before this transaction asked.
        self.new: frozenset[int] = frozenset()
        #: Those of them whom this transaction made.
        self.created: tuple[NameChange, ...] = ()

    def resolve(self) -> None:
        """Take the answers; unknown usernames become players where their session allows it."""
        for asked in self._asked:
            self._know(asked.rows())
        wanted = {session.username for session in self._batch if session.may_create_player and session.username}
        missing = sorted(wanted.difference(self._by_username))
        if not missing:
            return
        rows = self._statements.run("create_players", usernames=missing).rows()
        self.created = tuple(NameChange(user_id, username, rev) for username, user_id, rev in rows)
        self._know((change.user_id, change.username, False) for change in self.created)
        if raced := [username for username in missing if username not in self._by_username]:
            # Somebody else made them while we waited.
            self._know(self._statements.run("players_by_username", usernames=raced).rows())
        self.new = frozenset(self._by_username[name].id for name in missing if name in self._by_username)

    def player_of(self, session: SubmittedSession) -> ResolvedPlayer:
        """The player whom the session belongs to.

        Raises:
            Refused: `unknown_player`.
        """
        if session.username is not None:
            player = self._by_username.get(session.username)
        else:
            player = None if session.user_id is None else self._by_id.get(session.user_id)
        if player is None:
            who = f"user_id {session.user_id}" if session.username is None else f"username {session.username!r}"
            raise Refused("unknown_player", f"There is no player with {who}.")
        return player

    def _know(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            player = ResolvedPlayer(*row)
            self._by_id[player.id] = self._by_username[player.username] = player
