"""How often something may be tried, counted in Valkey for all processes together."""

from __future__ import annotations

import hashlib
import hmac
import math
from pathlib import Path
from typing import Final

from django.conf import settings

from scores.accounts import addresses, limits
from scores.accounts.errors import Throttled
from scores.accounts.limits import Rate
from scores.errors import ValkeyUnavailable
from scores.valkey import Script, ScriptCall, valkey

_TAKE: Final = Script.read(Path(__file__).parent / "lua" / "take.lua")
_MINUTE_MS: Final = 60_000


def take(rate: Rate, name: str, *whom: str, units: int = 1) -> None:
    """Count an attempt of somebody.

    Args:
        rate: how much they may.
        name: which rate it is; part of the key.
        whom: who is counted, such as an address.
        units: what the attempt weighs.

    Raises:
        Throttled: they have tried too often. This attempt is not counted.
        ValkeyUnavailable: nobody can tell now.
    """
    wait_ms = _run(rate, key_of(f"rate:{name}", *whom), units)
    if wait_ms:
        raise Throttled(math.ceil(wait_ms / 1000))


def take_if_valkey_answers(rate: Rate, name: str, *whom: str, units: int = 1) -> None:
    """The same for what must go on without Valkey: reading, and submitting.

    Raises:
        Throttled: as `take`.
    """
    try:
        take(rate, name, *whom, units=units)
    except ValkeyUnavailable:
        return


def give_back(rate: Rate, name: str, *whom: str, units: int) -> None:
    """Undo a part of an attempt that was counted; without Valkey it stays counted."""
    try:
        _run(rate, key_of(f"rate:{name}", *whom), -units)
    except ValkeyUnavailable:
        return


def search(address: str) -> None:
    """Count a search for players.

    Raises:
        Throttled: this address searches too much.
    """
    take_if_valkey_answers(limits.current().search_by_address, "search", addresses.counted_as(address))


def refresh(address: str) -> None:
    """Count an exchange of a refresh token. Nobody guesses 256 bits: without Valkey, players stay logged in.

    Raises:
        Throttled: this address refreshes too much.
    """
    take_if_valkey_answers(limits.current().refresh_by_address, "refresh", addresses.counted_as(address))


def submit(user_id: int, sessions: int) -> None:
    """Count sessions that a player submits for themselves.

    Raises:
        Throttled: more than anybody plays.
    """
    take_if_valkey_answers(limits.current().submit_by_player, "submit", str(user_id), units=sessions)


def key_of(kind: str, *parts: str) -> str:
    """The key in Valkey under which something is kept about `parts`.

    They are hashed with our secret: a key has a bounded length whatever was typed, and tells nobody
    who reads Valkey or its dump which names and addresses were here.
    """
    digest = hmac.new(settings.SECRET_KEY.encode(), "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:32]
    return f"accounts:{kind}:{digest}"


def _run(rate: Rate, key: str, units: int) -> int:
    [wait_ms] = valkey().run([ScriptCall(_TAKE, key, [str(_MINUTE_MS / rate.per_minute), rate.burst, units])])
    return int(wait_ms)
