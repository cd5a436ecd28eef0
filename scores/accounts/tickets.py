"""One-time tickets for sockets: a browser cannot send a header with a handshake, and an address ends up in logs."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final

from scores.accounts import limits, throttle
from scores.accounts.errors import InvalidToken
from scores.valkey import valkey

_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket, and for how many seconds it is good."""

    secret: str
    good_for_s: int


def issue(user_id: int) -> Ticket:
    """A ticket with which this player may open one socket. Only its digest is kept.

    Raises:
        Throttled: this player asks for more than anybody needs.
        ValkeyUnavailable: it can be kept nowhere.
    """
    numbers = limits.current()
    throttle.take(numbers.ticket_by_player, "ticket", str(user_id))
    ticket = Ticket(secrets.token_urlsafe(32), numbers.ticket_s)
    valkey().commands([("SET", _key(ticket.secret), user_id, "EX", ticket.good_for_s)])
    return ticket


def redeem(secret: str) -> int:
    """The id of the player whose ticket this is. It is good no more: GETDEL lets one of two have it.

    Raises:
        InvalidToken: unknown, used or expired.
        ValkeyUnavailable: nobody can tell now.
    """
    if _SHAPE.fullmatch(secret) is None:
        raise InvalidToken
    [user_id] = valkey().commands([("GETDEL", _key(secret))])
    if user_id is None:
        raise InvalidToken
    return int(user_id)


def _key(secret: str) -> str:
    return f"accounts:ticket:{hashlib.sha256(secret.encode()).hexdigest()}"
