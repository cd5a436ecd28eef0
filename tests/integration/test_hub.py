"""The hub against a real channel layer, with the ranks played by the test: races, gaps, bursts, losses."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from channels.layers import get_channel_layer

from realtime import beats
from realtime import board as boards
from realtime.board import Board
from realtime.broadcast import Broadcast
from realtime.hub import Hub
from realtime.limits import Limits
from scores.ranking import BoardChange, Page, RanksUnavailable, Row, UnknownBoard, Version
from tests.integration.live import PATIENCE_S, read_diff

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
QUICK = Limits(watch_s=0.1, beat_s=3600.0)
#: For tests in which nothing but the messages themselves may repair anything.
UNWATCHED = Limits(watch_s=3600.0, beat_s=3600.0)

#: A channel layer whose Valkey is not there.
NOWHERE = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": "unix:///nowhere/valkey.sock", "socket_timeout": None}]},
    }
}


class Ranks:
    """What Valkey and PostgreSQL know of one board, in memory, and every way in which they can fail."""

    def __init__(self) -> None:
        self.page = Page("global", "all", "k3", 0, NOON, 0, "ranks", ())
        self.reads = 0
        self.away = False
        self.missing = False
        self.during_read: Callable[[], None] = lambda: None

    def advance(self) -> BoardChange:
        """One more change of the visible top."""
        before, seq = self.page, (self.page.seq or 0) + 1
        after = (Row(user_id=1, username="alice", rank=1, total_score=seq),)
        self.page = msgspec.structs.replace(before, seq=seq, rows=after, players=1)
        return BoardChange("global", "all", str(before.epoch), seq, NOON, 1, before=before.rows, after=after)

    def read(self, board: str) -> Page:
        self.reads += 1
        if board != "global":
            raise UnknownBoard(board)
        page = self.page
        self.during_read()
        if self.away or self.missing:
            return msgspec.structs.replace(page, epoch=None, seq=None, source="sql")
        return page

    def versions(self, names: Sequence[str]) -> dict[str, Version | None]:
        if self.away:
            raise RanksUnavailable("away")
        page = self.page
        assert page.epoch is not None
        assert page.seq is not None
        return {name: None if self.missing else Version(page.epoch, page.seq, page.window) for name in names}


class Ear:
    """The sending side of a socket whose peer reads everything at once, and obeys the rules for a client."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.board: Board | None = None
        self.resyncs = 0

    async def send(self, event: dict[str, Any]) -> None:
        self.hear(event["text"])

    def hear(self, text: str) -> None:
        frame = json.loads(text)
        self.frames.append(frame)
        if frame["type"] == "snapshot":
            self.board = msgspec.convert(frame, Board)
        elif frame["type"] == "diff":
            assert self.board is not None
            diff = read_diff(frame)
            verdict = boards.judge(self.board, diff)
            self.resyncs += verdict == "resync"
            if verdict == "apply":
                self.board = boards.apply(self.board, diff)

    @property
    def seq(self) -> int | None:
        return self.board.seq if self.board else None

    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.frames]


class Pipe(Ear):
    """The sink of a socket: takes ready-made frames, and is full when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.transport: Any = self  # of a transport, the hub needs no more than follows
        self.tell: Callable[[], None] | None = None
        self.room = asyncio.Event()
        self.room.set()
        self.closing = False
        self.fills_with: str | None = None
        self.after_write: Callable[[], None] = lambda: None

    def when_full(self, tell: Callable[[], None] | None) -> None:
        self.tell = tell

    async def drained(self) -> None:
        await self.room.wait()

    def write(self, frame: bytes) -> None:
        assert self.room.is_set()
        assert not self.closing
        text = frame[frame.index(b"{") :].decode()
        self.hear(text)
        if self.fills_with is not None and self.fills_with in text:
            self.fill()
        self.after_write()

    def is_closing(self) -> bool:
        return self.closing

    def fill(self) -> None:
        self.room.clear()
        assert self.tell is not None
        self.tell()


@pytest.fixture
def ranks() -> Ranks:
    return Ranks()


@asynccontextmanager
async def running(ranks: Ranks, limits: Limits = UNWATCHED) -> AsyncIterator[Hub]:
    hub = Hub(read=ranks.read, versions=ranks.versions, limits=limits)
    hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


@pytest.fixture
async def publisher() -> Broadcast:
    """A process that serves nothing: publishes from a thread and a loop of its own."""
    return Broadcast()


async def listening(hub: Hub) -> Ear:
    ear = Ear()
    await hub.subscribe(hub.connect(ear.send), "global")
    return ear


async def until(holds: Callable[[], Any], *, within_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - what is waited for is told by no event
            await asyncio.sleep(0.005)


async def test_a_change_reaches_the_sockets_of_every_hub(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as one, running(ranks) as other:
        ears = [await listening(one), await listening(one), await listening(other)]

        publisher.publish(boards.step(ranks.advance()))

        await until(lambda: all(ear.seq == 1 for ear in ears))
        assert all(ear.kinds() == ["snapshot", "diff"] for ear in ears)
        assert one.counters.ticks == 1


async def test_fifty_sockets_that_come_at_once_cost_one_read(ranks: Ranks) -> None:
    async with running(ranks) as hub:
        ears = await asyncio.gather(*(listening(hub) for _ in range(50)))

    assert ranks.reads == 1
    assert all(ear.kinds() == ["snapshot"] for ear in ears)


async def test_a_change_during_the_first_read_is_not_lost(ranks: Ranks, publisher: Broadcast) -> None:
    """Joined first, read second: the message is heard although the page that is read does not have it yet."""
    hub_heard = threading.Event()

    async with running(ranks) as hub:

        def change_after_the_page_was_taken() -> None:
            publisher.publish(boards.step(ranks.advance()))
            assert hub_heard.wait(PATIENCE_S)

        async def tell_when_heard() -> None:
            await until(lambda: hub.counters.steps)
            hub_heard.set()

        ranks.during_read = change_after_the_page_was_taken
        telling = asyncio.create_task(tell_when_heard())
        ear = await listening(hub)
        await telling

        assert ear.seq == 1
        assert ranks.reads == 1


async def test_a_change_that_the_first_read_has_already_is_told_once(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as hub:
        step = boards.step(ranks.advance())
        ear = await listening(hub)

        publisher.publish(step)
        await until(lambda: hub.counters.steps == 1)
        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: ear.seq == 2)

        assert ear.kinds() == ["snapshot", "diff"]


async def test_duplicate_and_old_messages_say_nothing(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as hub:
        ear = await listening(hub)
        first, second = boards.step(ranks.advance()), boards.step(ranks.advance())

        for step in (first, second, second, first, first):
            publisher.publish(step)
        await until(lambda: hub.counters.steps == 5 and ear.seq == 2)

        assert ranks.reads == 1
        assert ear.resyncs == 0


async def test_a_message_that_overtook_another_costs_no_read(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks, replace(UNWATCHED, overtaking_s=1.0)) as hub:
        ear = await listening(hub)
        first, second, third = (boards.step(ranks.advance()) for _ in range(3))

        for step in (third, second, first):
            publisher.publish(step)
        await until(lambda: ear.seq == 3)

        assert ranks.reads == 1


async def test_a_gap_is_repaired_by_one_read(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as hub:
        ears = [await listening(hub) for _ in range(3)]
        ranks.advance()  # told to nobody

        for _ in range(5):
            publisher.publish(boards.step(ranks.advance()))

        await until(lambda: all(ear.seq == 6 for ear in ears))
        assert ranks.reads == 2
        assert all(ear.resyncs == 0 for ear in ears)


async def test_a_lost_publish_is_repaired_by_the_watcher(ranks: Ranks) -> None:
    async with running(ranks, replace(QUICK, watch_s=1.0)) as hub:
        ear = await listening(hub)

        ranks.advance()

        await until(lambda: ear.seq == 1, within_s=2)
        assert ear.kinds() == ["snapshot", "diff"]


async def test_a_new_epoch_is_told_by_a_snapshot(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as hub:
        ear = await listening(hub)
        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: ear.seq == 1)

        ranks.page = msgspec.structs.replace(ranks.page, epoch="m9", seq=7)
        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: ear.seq == 8)

        assert ear.kinds() == ["snapshot", "diff", "snapshot"]
        assert ear.board is not None
        assert ear.board.epoch == "m9"


async def test_a_straggler_of_an_old_epoch_costs_one_read_and_says_nothing(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as hub:
        old = boards.step(ranks.advance())
        ranks.page = msgspec.structs.replace(ranks.page, epoch="m9", seq=0)
        ear = await listening(hub)

        publisher.publish(old)
        await until(lambda: ranks.reads == 2)
        await asyncio.sleep(0.3)  # long enough for several more reads

        assert ranks.reads == 2
        assert ear.kinds() == ["snapshot"]


async def test_ranks_that_went_back_win(ranks: Ranks, publisher: Broadcast) -> None:
    """Valkey lost its tail: what was told is not in it any more."""
    async with running(ranks, QUICK) as hub:
        before = ranks.page
        ear = await listening(hub)
        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: ear.seq == 1)

        ranks.page = before
        await until(lambda: ear.seq == 0)

        assert ear.kinds()[-1] == "snapshot"


async def test_a_burst_is_told_ten_times_a_second_and_to_its_end(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as hub:
        ear = await listening(hub)
        loop = asyncio.get_running_loop()

        began = loop.time()
        while loop.time() - began < 1.0:
            publisher.publish(boards.step(ranks.advance()))
            await asyncio.sleep(0.002)
        await until(lambda: ear.seq == ranks.page.seq)
        took_s = loop.time() - began

        assert ear.seq is not None
        assert ear.seq > 50
        assert len(ear.frames) - 1 <= 1 + 10 * took_s
        assert set(ear.kinds()[1:]) == {"diff"}


async def test_a_quiet_board_tells_at_once(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks, replace(UNWATCHED, tick_s=5.0)) as hub:
        ear = await listening(hub)

        publisher.publish(boards.step(ranks.advance()))

        await until(lambda: ear.seq == 1, within_s=1)


async def test_a_newcomer_between_two_ticks_follows_like_everybody_else(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks, replace(UNWATCHED, tick_s=0.3)) as hub:
        first = await listening(hub)
        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: first.seq == 1)
        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: hub.counters.steps == 2)

        newcomer = await listening(hub)
        assert newcomer.seq == 1

        await until(lambda: first.seq == newcomer.seq == 2)
        assert hub.counters.ticks == 2
        assert newcomer.kinds() == ["snapshot", "diff"]


# --- Sinks for ready-made frames --------------------------------------------------------------------


async def piped(hub: Hub) -> Pipe:
    pipe = Pipe()
    await hub.subscribe(hub.connect(pipe.send, pipe), "global")
    return pipe


async def test_a_sink_gets_the_same_frames_as_everybody_else(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as hub:
        ear, pipe = await listening(hub), await piped(hub)

        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: ear.seq == pipe.seq == 1)

        assert ear.frames == pipe.frames
        assert pipe.kinds() == ["snapshot", "diff"]


async def test_a_full_sink_is_left_behind_and_gets_one_snapshot_of_then(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks, replace(UNWATCHED, tick_s=0.01)) as hub:
        ear, pipe = await listening(hub), await piped(hub)
        pipe.fills_with = '"seq":1,'

        for _ in range(5):
            publisher.publish(boards.step(ranks.advance()))
            await until(lambda: ear.seq == ranks.page.seq)
        assert pipe.seq == 1
        assert hub.counters.left_behind == 1

        pipe.room.set()
        await until(lambda: pipe.seq == 5)
        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: pipe.seq == 6)
        assert pipe.kinds() == ["snapshot", "diff", "snapshot", "diff"]


async def test_a_sink_that_was_full_and_missed_nothing_goes_on_as_before(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as hub:
        pipe = await piped(hub)

        pipe.fill()
        pipe.room.set()
        await until(lambda: all(subscriber.takes for subscriber in hub.subscribers))
        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: pipe.seq == 1)

        assert pipe.kinds() == ["snapshot", "diff"]


async def test_a_snapshot_that_fills_the_sink_leaves_it_behind(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as hub:
        ear, pipe = await listening(hub), Pipe()
        pipe.fills_with = "snapshot"
        await hub.subscribe(hub.connect(pipe.send, pipe), "global")

        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: ear.seq == 1)
        assert pipe.kinds() == ["snapshot"]

        pipe.fills_with = None
        pipe.room.set()
        await until(lambda: pipe.seq == 1)
        assert pipe.kinds() == ["snapshot", "snapshot"]


async def test_a_socket_that_fills_up_before_its_turn_in_a_tick_misses_nothing(
    ranks: Ranks, publisher: Broadcast
) -> None:
    async with running(ranks) as hub:
        pipes = [await piped(hub) for _ in range(3)]

        def fill_those_still_due() -> None:
            for pipe in pipes:
                pipe.after_write = lambda: None
                if pipe.seq == 0:
                    pipe.fill()

        for pipe in pipes:
            pipe.after_write = fill_those_still_due
        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: any(pipe.seq == 1 for pipe in pipes))
        assert sorted(pipe.seq or 0 for pipe in pipes) == [0, 0, 1]

        for pipe in pipes:
            pipe.room.set()
        await until(lambda: all(pipe.seq == 1 for pipe in pipes))
        assert sorted(pipe.kinds() for pipe in pipes) == [["snapshot", "diff"], *[["snapshot", "snapshot"]] * 2]


async def test_a_beat_in_the_middle_of_a_tick_is_not_ahead_of_any_socket(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as hub:
        pipes = [await piped(hub) for _ in range(3)]
        told: list[tuple[int, int | None]] = []

        def beat_once() -> None:
            for pipe in pipes:
                pipe.after_write = lambda: None
            beats.beat_once(hub.subscribers)
            told.extend(
                (frame["boards"][0]["seq"], pipe.seq)
                for pipe in pipes
                for frame in pipe.frames
                if frame["type"] == "beat"
            )

        for pipe in pipes:
            pipe.after_write = beat_once
        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: all(pipe.seq == 1 for pipe in pipes))

        assert told == [(1, 1)]


async def test_nothing_is_written_to_a_sink_that_is_closing(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks) as hub:
        ear, pipe = await listening(hub), await piped(hub)
        pipe.closing = True

        publisher.publish(boards.step(ranks.advance()))
        await until(lambda: ear.seq == 1)

        assert pipe.kinds() == ["snapshot"]


async def test_a_stuck_sink_is_aborted(ranks: Ranks) -> None:
    async with running(ranks, replace(UNWATCHED, stuck_s=0.05, farewell_s=0.05)) as hub:
        pipe = await piped(hub)
        aborted = asyncio.Event()
        pipe.abort = aborted.set  # type: ignore[attr-defined]

        pipe.fill()

        await asyncio.wait_for(aborted.wait(), PATIENCE_S)
        assert hub.counters.stuck == 1
        pipe.room.set()


# --- Without the ranks -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["away", "missing"])
async def test_without_ranks_boards_come_from_postgresql_and_return_with_them(ranks: Ranks, how: str) -> None:
    async with running(ranks, QUICK) as hub:
        ear = await listening(hub)

        setattr(ranks, how, True)
        await until(lambda: ear.board is not None and ear.board.source == "sql")
        assert ear.board is not None
        assert (ear.board.epoch, ear.board.seq) == (None, None)
        ranks.advance()
        await until(lambda: ear.board is not None and len(ear.board.rows) == 1)

        ranks.page = msgspec.structs.replace(ranks.page, epoch="m9", seq=0)
        setattr(ranks, how, False)
        await until(lambda: ear.seq == 0)

        assert set(ear.kinds()) == {"snapshot"}


async def test_from_postgresql_only_what_changed_is_told_and_it_is_read_once_a_second(ranks: Ranks) -> None:
    ranks.away = True
    async with running(ranks, replace(QUICK, watch_s=0.2)) as hub:
        ear = await listening(hub)
        reads = ranks.reads

        await asyncio.sleep(1.0)

        assert ear.kinds() == ["snapshot"]
        assert 2 <= ranks.reads - reads <= 6


async def test_a_board_that_cannot_be_read_keeps_its_last_state(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks, QUICK) as hub:
        ear = await listening(hub)

        def fail() -> None:
            raise ConnectionError("PostgreSQL does not answer")

        ranks.during_read = fail
        ranks.advance()
        await until(lambda: ranks.reads >= 3)
        assert ear.kinds() == ["snapshot"]

        ranks.during_read = lambda: None
        await until(lambda: ear.seq == 1)


async def test_an_unknown_board_leaves_nothing_behind(ranks: Ranks) -> None:
    async with running(ranks) as hub:
        with pytest.raises(UnknownBoard):
            await hub.subscribe(hub.connect(Ear().send), "nowhere")

        assert (hub.feeds, hub._hearing, hub._opening, hub._membership._wanted) == ({}, {}, {}, {})


async def test_a_board_that_nobody_watches_is_dropped_after_a_while(ranks: Ranks) -> None:
    async with running(ranks, replace(UNWATCHED, linger_s=0.2)) as hub:
        ear = Ear()
        subscriber = hub.connect(ear.send)
        await hub.subscribe(subscriber, "global")
        await asyncio.sleep(0.4)
        assert "global" in hub.feeds

        hub.disconnect(subscriber)
        await until(lambda: not hub.feeds)

        assert (await listening(hub)).kinds() == ["snapshot"]
        assert ranks.reads == 2


# --- Without the channel layer -----------------------------------------------------------------------


async def test_without_a_channel_layer_boards_are_served_and_watched(
    ranks: Ranks, settings: Any, publisher: Broadcast
) -> None:
    working = settings.CHANNEL_LAYERS
    settings.CHANNEL_LAYERS = NOWHERE
    async with running(ranks, replace(QUICK, layer_s=0.2)) as hub:
        ear = await listening(hub)
        assert ear.kinds() == ["snapshot"]

        ranks.advance()
        await until(lambda: ear.seq == 1)  # by the watcher

        settings.CHANNEL_LAYERS = working
        await until(lambda: hub._membership._joined == {"global"})
        reads, change = ranks.reads, ranks.advance()
        publisher.publish(boards.step(change))
        await until(lambda: ear.seq == 2)
        assert hub.counters.steps >= 1 or ranks.reads > reads


async def test_what_was_told_before_a_late_join_is_read(ranks: Ranks, settings: Any) -> None:
    working = settings.CHANNEL_LAYERS
    settings.CHANNEL_LAYERS = NOWHERE
    async with running(ranks, replace(UNWATCHED, layer_s=0.2)) as hub:
        ear = await listening(hub)
        ranks.advance()  # told to nobody, and no watcher looks

        settings.CHANNEL_LAYERS = working

        await until(lambda: ear.seq == 1)


async def test_publishing_without_valkey_returns_at_once_and_is_logged_once(
    ranks: Ranks, settings: Any, publisher: Broadcast, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CHANNEL_LAYERS = NOWHERE

    for _ in range(20):
        publisher.publish(boards.step(ranks.advance()))
    await until(lambda: publisher._under_way == 0)

    assert len([record for record in caplog.records if record.name == "realtime.broadcast"]) == 1


async def test_a_hub_that_hears_nothing_any_more_joins_anew(ranks: Ranks, publisher: Broadcast) -> None:
    async with running(ranks, QUICK) as hub:
        ear = await listening(hub)
        layer: Any = get_channel_layer()
        await layer.flush()  # the layer has forgotten its channels, and nobody is told

        async def change() -> None:
            seq = ranks.page.seq
            publisher.publish(boards.step(ranks.advance()))
            await until(lambda: ear.seq != seq)

        async with asyncio.timeout(PATIENCE_S):
            while not hub.counters.steps:
                await change()
