"""Who may open a live socket: pages of ours, and programs that show who they are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from django.db import Error, close_old_connections

from realtime import origins
from scores import api_keys
from scores.accounts import bearers, tickets
from scores.accounts.errors import InvalidToken
from scores.errors import ValkeyUnavailable

log = logging.getLogger(__name__)


class Refused(Exception):
    """This handshake is not accepted. Why is not told: whoever is entitled knows what to send."""


@dataclass(frozen=True, slots=True)
class Opener:
    """Who opened a socket; `user_id` is None for a game server, and for a page that showed nothing."""

    user_id: int | None = None


async def admit(scope: dict[str, Any]) -> Opener:
    """Who opens this socket.

    A browser always sends an Origin, and a page that is not ours must not use its visitor's cookies
    here: no ticket helps it. A program sends none, and shows an API key, an access token or a ticket.
    A page of ours may show a ticket, and is then known by it. What is shown must be good.

    Raises:
        Refused: the handshake must not be accepted.
    """
    is_ours = origins.is_our_page(scope)
    shown = list(_shown(scope)) if is_ours is not False else []
    if is_ours is False or len(shown) > 1 or not (is_ours or shown):
        raise Refused
    # In a thread: all of these may ask PostgreSQL or Valkey.
    return await asyncio.to_thread(_judge, shown[0]) if shown else Opener()


def _shown(scope: dict[str, Any]) -> Iterator[Callable[[], Opener]]:
    """How to judge each thing that the handshake shows; schemes that are not ours are somebody else's business."""
    for ticket in parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True).get("ticket", []):
        yield partial(_by_ticket, ticket)
    for value in origins.header(scope, b"authorization"):
        scheme, _, secret = value.partition(" ")
        if judge := _SCHEMES.get(scheme.lower()):
            yield partial(judge, secret.strip(" "))


def _judge(by_what: Callable[[], Opener]) -> Opener:
    try:
        return by_what()
    except InvalidToken as error:
        raise Refused from error
    except (ValkeyUnavailable, Error) as error:
        log.warning("nobody can tell who opens a socket (%s)", type(error).__name__)  # and nothing that was shown
        raise Refused from error
    finally:
        close_old_connections()  # this thread serves no request at whose end Django would do so


def _by_ticket(ticket: str) -> Opener:
    return Opener(tickets.redeem(ticket))


def _by_access_token(token: str) -> Opener:
    return Opener(bearers.verify(token).player.pk)


def _by_api_key(secret: str) -> Opener:
    if api_keys.verify(secret) is None:
        raise Refused
    return Opener()


_SCHEMES: dict[str, Callable[[str], Opener]] = {"bearer": _by_access_token, "api-key": _by_api_key}
