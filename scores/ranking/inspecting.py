"""Everything that Valkey holds, read bucket by bucket as it is: for those who compare it with PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec

from scores.boards import WindowRef
from scores.errors import RanksUnavailable
from scores.ranking import keys, scripts
from scores.valkey import ScriptCall, valkey

_PATIENCE_S: Final = 5.0  # with a Valkey that is slow to answer: a comparison of minutes should not end by a hiccup
_AGAIN_S: Final = 0.2
_DIGITS: Final = 13  # of a bucket's number, at most
_MEMBERS: Final = 5_000  # of one step of a scan: some milliseconds

T = TypeVar("T")


class InspectedBucket(msgspec.Struct, gc=False):
    """Neighbouring players as the ranks know them, in texts of Valkey's."""

    revs: dict[str, str]  # by field, which is the user id's place in the bucket
    places: list[str | None]  # the sort key of each possible player, None of who is not shown


@dataclass(frozen=True, slots=True)
class Inspected:
    """Some buckets of a window, all of one moment.

    `generation` is None where the window has no ranks. `is_foreign`: a key that all of them rest on is of another
    type than ours, and nothing can be read. A bucket that is None has revs of another type. `members` are those
    asked for that stand in the sorted set. `is_building`: a rebuild is under way.
    """

    generation: str | None
    is_foreign: bool = False
    is_building: bool = False
    buckets: Mapping[int, InspectedBucket | None] = field(default_factory=dict)
    members: Sequence[str] = ()


def inspect(window: WindowRef, numbers: Sequence[int], members: Sequence[str] = ()) -> Inspected:
    """What the ranks know about the players of these buckets, and which of these members they hold.

    Raises:
        RanksUnavailable: Valkey does not answer, for seconds.
    """
    packed = [msgspec.msgpack.encode(asked) for asked in (numbers, members)]
    call = ScriptCall(scripts.INSPECT, keys.meta(window), [keys.tag(window), *packed])
    [[state, *answer]] = _patiently(lambda: valkey().run([call]))
    if state in {"missing", "foreign"}:
        return Inspected(None, is_foreign=state == "foreign")
    building, places, *shown = answer
    buckets = {number: each and _bucket(*each) for number, each in zip(numbers, shown, strict=True)}
    held = [member for member, place in zip(members, places, strict=True) if place is not None]
    return Inspected(state, is_building=bool(building), buckets=buckets, members=held)


def inspect_names(numbers: Sequence[int]) -> dict[int, dict[str, str] | None]:
    """The names of each bucket, by field, as `keys.name_text` writes them; None where its key is of another type.

    Raises:
        RanksUnavailable: as `inspect`.
    """
    calls = [ScriptCall(scripts.INSPECT_NAMES, keys.names(number), []) for number in numbers]
    answers = _patiently(lambda: valkey().run(calls)) if calls else []
    return {number: None if answer is None else _pairs(answer) for number, answer in zip(numbers, answers, strict=True)}


def members(window: WindowRef, generation: str) -> Iterator[list[str]]:
    """Everybody who stands in the sorted set, in bunches, in no order, perhaps more than once.

    Raises:
        RanksUnavailable: as `inspect`.
    """
    cursor = "0"
    while True:
        command = ("ZSCAN", keys.ranks(window, generation), cursor, "COUNT", _MEMBERS)
        cursor, flat = _patiently(lambda command=command: valkey().commands([command]))[0]  # type: ignore[misc]
        if flat:
            yield flat[::2]
        if cursor == "0":
            return


def rev_buckets(window: WindowRef, generation: str) -> Iterator[list[int]]:
    """The numbers of the buckets of which the ranks hold revs, in bunches, in no order, perhaps more than once.

    Raises:
        RanksUnavailable: Valkey does not answer.
    """
    return _numbers(keys.revs(window, generation, ""))


def name_buckets() -> Iterator[list[int]]:
    """The numbers of the buckets of which there are names; as `rev_buckets` otherwise."""
    return _numbers(keys.names(""))


def _numbers(prefix: str) -> Iterator[list[int]]:
    for found in valkey().keys_matching(keys.beginning_with(prefix)):
        texts = [key.removeprefix(prefix) for key in found]
        # Of a number that no player's id comes to, nobody ever reads.
        yield [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= _DIGITS]


def _bucket(revs: Sequence[str], places: list[str | None]) -> InspectedBucket:
    return InspectedBucket(_pairs(revs), places)


def _pairs(flat: Sequence[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _patiently(ask: Callable[[], T]) -> T:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return ask()
        except RanksUnavailable:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_AGAIN_S)
