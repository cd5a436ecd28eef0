"""Steers what schemathesis draws towards sessions that are recorded: left alone, nearly all name the player twice."""

from __future__ import annotations

from typing import Any

import schemathesis

# As in the contract, which cannot be imported without Django.
_MAX_USER_ID = 2**63 - 1
_MAX_USERNAME = 64
_KNOWN = ("alice", "bob")
_PLAYERS = 3  # their ids begin at 1; the third is the one who asks with a token


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """The body, whose sessions name a player in one way, mostly one who exists. What is invalid stays invalid."""
    if not isinstance(body, dict):
        return body
    if isinstance(sessions := body.get("sessions"), list):
        return {**body, "sessions": [_named_once(session) for session in sessions]}
    return _named_once(body)


def _named_once(session: Any) -> Any:
    if not isinstance(session, dict) or "score" not in session:
        return session
    user_id: Any = session.get("user_id")
    username: Any = session.get("username")
    others = {name: value for name, value in session.items() if name not in {"user_id", "username"}}
    by_id = type(user_id) is int and 1 <= user_id <= _MAX_USER_ID
    by_name = isinstance(username, str) and 1 <= len(username) <= _MAX_USERNAME
    if by_id and (username is None or (by_name and user_id % 2)):
        return {**others, "user_id": user_id % _PLAYERS + 1}
    if by_id and by_name:
        return {**others, "username": (*_KNOWN, username)[user_id % 3]}
    if user_id is None and username is None and session.get("outcome") is None:
        return {**others, "user_id": _PLAYERS}  # otherwise nobody is named, as a player may
    return session
