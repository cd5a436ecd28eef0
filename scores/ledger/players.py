"""Who the sessions of a batch belong to: finds players, and makes new ones where the client may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scores.changes import NameChange
from scores.errors import Refused
from scores.ledger.statements import Statements
from scores.ledger.values import SubmittedSession


@dataclass(frozen=True, slots=True)
class ResolvedPlayer:
    """A player as this transaction sees them; the gate keeps that true until it ends."""

    id: int
    username: str
    banned: bool


class Resolved:
    """The players of one batch."""

    def __init__(self, players: dict[int, ResolvedPlayer], ids: dict[str, int], created: Sequence[NameChange]) -> None:
        self._players = players
        self._ids = ids
        self.created = tuple(created)

    def player_of(self, session: SubmittedSession) -> ResolvedPlayer:
        """The player whom the session belongs to.

        Raises:
            Refused: `unknown_player`.
        """
        user_id = session.user_id if session.username is None else self._ids.get(session.username)
        player = None if user_id is None else self._players.get(user_id)
        if player is None:
            who = f"user_id {session.user_id}" if session.username is None else f"username {session.username!r}"
            raise Refused("unknown_player", f"There is no player with {who}.")
        return player


def resolve(statements: Statements, batch: Sequence[SubmittedSession]) -> Resolved:
    """Find the players of the batch; unknown usernames become players where their session allows it."""
    ids, created = _ids_by_username(statements, batch)
    user_ids = {session.user_id for session in batch if session.user_id is not None}
    rows = statements.run("players_by_id", user_ids=sorted(user_ids.union(ids.values()))).fetchall()
    return Resolved({row[0]: ResolvedPlayer(*row) for row in rows}, ids, created)


def _ids_by_username(
    statements: Statements, batch: Sequence[SubmittedSession]
) -> tuple[dict[str, int], list[NameChange]]:
    named = [session for session in batch if session.username is not None]
    if not named:
        return {}, []
    usernames = sorted({session.username for session in named if session.username is not None})
    ids = _read_ids(statements, usernames)
    wanted = {session.username for session in named if session.may_create_player and session.username is not None}
    missing = sorted(wanted.difference(ids))
    if not missing:
        return ids, []
    rows = statements.run("create_players", usernames=missing).fetchall()
    created = [NameChange(user_id, username, rev) for username, user_id, rev in rows]
    ids.update({change.username: change.user_id for change in created})
    if raced := [username for username in missing if username not in ids]:
        ids.update(_read_ids(statements, raced))  # somebody else made them while we waited
    return ids, created


def _read_ids(statements: Statements, usernames: list[str]) -> dict[str, int]:
    return dict(statements.run("players_by_username", usernames=usernames).fetchall())
