"""Makes the ranks of a window anew from PostgreSQL, beside the live ones, while submits go on.

1. `rebuild_begin`: from here on live writes go to the new generation too.
2. A snapshot of the standings is streamed into it, chunk by chunk; rows that a live write has
   brought in a newer rev are left alone.
3. `rebuild_switch`: the new generation becomes the live one, if no chunk is lost and no other
   builder has taken over. Its watermark is the snapshot: the reconciler reads on from there.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice

import msgspec

from scores import failpoints
from scores.boards import WindowRef
from scores.errors import RanksUnavailable
from scores.ranking import keys, names, scripts
from scores.ranking.buckets import Bucket, buckets
from scores.ranking.identity import Origin, origin
from scores.ranking.marks import pin
from scores.ranking.snapshots import named_state
from scores.ranking.watermarks import Watermark, written
from scores.valkey import Script, ScriptCall, valkey

_CHUNK_BUCKETS = 16  # 2,048 players, some 10 ms of Valkey's time: live scripts wait that long at most
_LEASE_MS = 10_000  # a builder that gives no sign for so long may be replaced
_PATIENCE_S = 8.0  # with a Valkey that is slow to answer, as when its disk is: less than the lease
_AGAIN_S = 0.2


class RebuildAborted(Exception):
    """Another builder is at work, or Valkey lost a part of what was sent: the old ranks stay as they were."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild made."""

    epoch: str
    players: int


def rebuild(
    window: WindowRef, *, keep_names: bool = False, progress: Callable[[int], None] = lambda players: None
) -> Rebuilt:
    """Make the ranks of the window anew and switch to them.

    Args:
        window: any window, whether it has ranks or not.
        keep_names: where it is certain that the names which Valkey knows, of all windows, were read from this past
            of PostgreSQL. Those of another one may seem to be newer than its own, and would stay: they are forgotten.
        progress: called after each chunk with the number of players so far.

    Raises:
        RebuildAborted: nothing was switched; trying again later is right.
        RanksUnavailable: Valkey does not answer; nothing was switched.
        django.db.Error: PostgreSQL does not answer; nothing was switched.
    """
    generation = secrets.token_hex(4)
    epoch = secrets.token_hex(4)
    if not _script(window, scripts.REBUILD_BEGIN, generation, _LEASE_MS):
        raise RebuildAborted(
            f"Another builder is at work on {keys.tag(window)}; one that has died makes room within"
            f" {_LEASE_MS // 1000} seconds."
        )
    try:
        failpoints.reach("rebuild_begun")
        if not keep_names:
            names.forget_everybody()
        sent = _stream(window, generation, progress)
        # Counted before the mark is set: the mark covers what was committed before it.
        so_far = written([window])[window.id]
        watermark = Watermark(sent.snapshot, pin(), sent.origin, so_far)
        _switch(window, generation, str(sent.chunks), epoch, *watermark.fields())
    except BaseException:
        _abort(window, generation)
        raise
    if not failpoints.reach("rebuild_switched"):
        discard_old_generations(window)
    return Rebuilt(epoch, sent.players)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What went to Valkey, and the name of the state that it is of."""

    chunks: int
    players: int
    snapshot: str
    origin: Origin


def _stream(window: WindowRef, generation: str, progress: Callable[[int], None]) -> _Sent:
    """Send the standings of one state."""
    chunks = brought = 0
    with (
        named_state() as snapshot,
        # Closed before the transaction: its end would wait for that of an unfinished COPY, for ever.
        closing(buckets(window)) as everybody,
        # While Valkey brings one chunk in, the next one is read and packed.
        ThreadPoolExecutor(1, thread_name_prefix="rebuild") as courier,
    ):
        whose = origin()
        under_way: Future[int] | None = None
        while chunk := list(islice(everybody, _CHUNK_BUCKETS)):
            chunks += 1
            calls = _calls(window, generation, chunks, chunk)
            if under_way is not None:
                brought += under_way.result()
                progress(brought)
            under_way = courier.submit(_bring, window, calls, sum(bucket.players for bucket in chunk))
        if under_way is not None:
            brought += under_way.result()
            progress(brought)
    return _Sent(chunks, brought, snapshot, whose)


def _calls(window: WindowRef, generation: str, number: int, chunk: Sequence[Bucket]) -> list[ScriptCall]:
    """What brings a chunk in: its names first, then its rows."""
    rows = msgspec.msgpack.encode([(bucket.number, bucket.revs, bucket.places, bucket.hidden) for bucket in chunk])
    bring = ScriptCall(
        scripts.REBUILD_CHUNK, keys.meta(window), [keys.tag(window), generation, _LEASE_MS, number, rows]
    )
    return [*(names.remember_call(bucket.number, bucket.names) for bucket in chunk), bring]


def _bring(window: WindowRef, calls: Sequence[ScriptCall], players: int) -> int:
    """Make the calls, again where Valkey was too slow: a chunk carries its number and counts once. Gives `players`."""
    if failpoints.reach("rebuild_chunk"):
        return players
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            is_in = valkey().run(calls)[-1]
        except RanksUnavailable:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_AGAIN_S)
        else:
            if not is_in:
                raise RebuildAborted(f"Another builder has taken over {keys.tag(window)}, or Valkey lost a part of it.")
            return players


def _switch(window: WindowRef, *arguments: str) -> None:
    if failpoints.reach("rebuild_switch") or not _script(window, scripts.REBUILD_SWITCH, *arguments):
        raise RebuildAborted(f"Valkey lost a part of the new ranks of {keys.tag(window)}.")


def _abort(window: WindowRef, generation: str) -> None:
    """Let the next builder begin at once; where Valkey is away, the lease runs out by itself."""
    with suppress(RanksUnavailable):
        _script(window, scripts.REBUILD_ABORT, generation)


def _script(window: WindowRef, script: Script, *arguments: str | int) -> bool:
    return bool(valkey().run([ScriptCall(script, keys.meta(window), arguments)])[0])


def discard_old_generations(window: WindowRef) -> None:
    """Remove the generations that are neither live nor under construction.

    Raises:
        RanksUnavailable: Valkey does not answer; some of it may be left.
    """
    for found in valkey().keys_matching(keys.beginning_with(f"{keys.tag(window)}:")):
        _script(window, scripts.DISCARD, keys.tag(window), *found)
