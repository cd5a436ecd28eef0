"""Takes out of Valkey what PostgreSQL has nothing like: for the sweeper, who has looked twice.

Everything is removed only as it was seen, so that what has come meanwhile stays.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from scores.boards import WindowRef
from scores.changes import NameChange
from scores.ranking import keys, names, scripts
from scores.valkey import ScriptCall, valkey


class Stranger(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Something of nobody's in the ranks; texts are empty where there is no such thing."""

    bucket: str
    field: str
    rev: str
    member: str


def remove(window: WindowRef, strangers: Sequence[Stranger]) -> int:
    """Remove these from the ranks; give how many were still there.

    Raises:
        RanksUnavailable: Valkey does not answer.
    """
    arguments: list[str | int | bytes] = [keys.tag(window), keys.VISIBLE_TOP, msgspec.msgpack.encode(strangers)]
    [removed] = valkey().run([ScriptCall(scripts.REMOVE_STRANGERS, keys.meta(window), arguments)])
    return int(removed)


def clear_foreign_meta(window: WindowRef) -> None:
    """Remove what stands in the place of the window's meta, if that is of another type.

    Raises:
        RanksUnavailable: Valkey does not answer.
    """
    valkey().run([ScriptCall(scripts.CLEAR_FOREIGN, keys.meta(window), [])])


def exchange_name(number: int, field: str, seen: str, name: NameChange | None) -> None:
    """Forget a name in a bucket that is still as it was seen, and keep the right one, where there is one.

    Raises:
        RanksUnavailable: Valkey does not answer.
    """
    forget = ScriptCall(scripts.FORGET_NAME, keys.names(number), [field, seen])
    valkey().run([forget, *names.remember_calls([name] if name else [])])


def exchange_foreign_names(number: int, right: Sequence[NameChange]) -> None:
    """Remove what stands in the place of a bucket of names, if that is of another type, and keep the right ones.

    Raises:
        RanksUnavailable: Valkey does not answer.
    """
    clear = ScriptCall(scripts.CLEAR_FOREIGN, keys.names(number), [])
    valkey().run([clear, *names.remember_calls(right)])
