"""A key counts once: for two web processes, by whichever door it comes, and after a restart of everything."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.acceptance.serving import eventually
from tests.faults.checker import Findings, check
from tests.faults.doors import Batch, Door, Frames, Sent, Single, Told
from tests.faults.history import History
from tests.faults.rig import Rig
from tests.faults.state import Stores

_IMMUTABLE = ("session_id", "user_id", "score", "game_mode", "timestamp")


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with Rig() as started:
        yield started


@pytest.fixture
def stores(rig: Rig) -> Iterator[Stores]:
    opened = Stores(rig.database_url, rig.redis_url)
    yield opened
    opened.close()


@asynccontextmanager
async def doors(rig: Rig, api_key: str | None = None) -> AsyncIterator[tuple[Single, Batch, Frames]]:
    """One of each kind."""
    opened = (Single(rig.url, api_key or rig.api_key), Batch(rig.url, api_key or rig.api_key))
    frames = Frames(rig.url, api_key or rig.api_key)
    try:
        yield (*opened, frames)
    finally:
        for door in (*opened, frames):
            await door.close()


def sent(key: str, username: str = "alice", score: int = 50) -> Sent:
    return Sent(key, {"username": username, "score": score, "game_mode": key})


def story(told: Told) -> tuple[Any, ...]:
    """What a receipt may never tell differently."""
    assert told.kind == "ok", told
    return tuple(told.receipt[name] for name in _IMMUTABLE)


def api_key_of(rig: Rig, client: str) -> str:
    made = rig.run("create_api_key", client, "--scope", "sessions:submit", "--scope", "players:create")
    found: list[str] = re.findall(r"rk_\S+", made)
    return found[0]


async def all_at_once(door: Door, sessions: Sequence[Sent], history: History) -> list[Told]:
    """Each session by a request of its own."""
    a_hundred = asyncio.Semaphore(100)  # whoever waits behind more connections than that only finds out its patience

    async def one(each: Sent) -> Told:
        history.tell("invoke", each.key, session=each.session)
        async with a_hundred:
            [told] = await door.submit([each])
        history.tell(told.kind, each.key, receipt=told.receipt, replayed=True, why=told.why)
        return told

    return await asyncio.gather(*(one(each) for each in sessions))


async def test_twenty_keys_fifty_times_at_once_over_two_web_processes_are_twenty_sessions(
    rig: Rig, stores: Stores
) -> None:
    history = History()
    async with doors(rig) as (single, _, _):
        sessions = [sent(f"storm-{number}", f"player{number}") for number in range(20)] * 50

        told = await all_at_once(single, sessions, history)

    assert len({story(each) for each in told}) == 20
    assert sum(not each.replayed for each in told) == 20
    stored = stores.stored("storm-")
    assert sum(len(each) for each in stored.sessions.values()) == 20
    assert eventually(lambda: stores.ranks() == stores.standings(), within_s=10)
    assert check(history.events, stores.stored("storm-")) == Findings()


async def test_batches_of_the_same_keys_in_opposite_order_wait_for_nobody_in_a_circle(rig: Rig, stores: Stores) -> None:
    async with doors(rig) as (_, one, _), doors(rig) as (_, other, frames):
        for turn in range(10):
            sessions = [sent(f"circle-{turn}-{number}", f"player{number}") for number in range(30)]
            backwards = sessions[::-1]

            forth, back, framed = await asyncio.gather(
                one.submit(sessions), other.submit(backwards), frames.submit(backwards)
            )

            assert [story(each) for each in forth] == [story(each) for each in reversed(back)]
            assert [story(each) for each in back] == [story(each) for each in framed]
            assert sum(not each.replayed for each in (*forth, *back, *framed)) == 30
    assert sum(len(each) for each in stores.stored("circle-").sessions.values()) == 300


@pytest.mark.parametrize("first", [0, 1, 2], ids=["submit", "batch", "socket"])
async def test_a_key_is_the_same_by_each_door_whichever_took_it_first(first: int, rig: Rig) -> None:
    session = sent(f"door-{first}")
    async with doors(rig) as ways:
        [new] = await ways[first].submit([session])

        again = [(await way.submit([session]))[0] for way in ways]
        [other_body] = await ways[first - 1].submit([Sent(session.key, session.session | {"score": 51})])

    assert not new.replayed
    assert all(each.replayed for each in again)
    assert {story(each) for each in again} == {story(new)}
    assert other_body.why == "422 idempotency_key_reused"


async def test_a_key_outlives_the_api_key_that_it_came_with_and_belongs_to_one_client(rig: Rig, stores: Stores) -> None:
    session = sent("rotated")
    async with doors(rig, api_key_of(rig, "raid")) as (single, _, _):
        [new] = await single.submit([session])
    with stores.sql() as connection:
        connection.execute(
            "UPDATE api_keys SET revoked_at = now()"
            " WHERE client_id = (SELECT id FROM clients WHERE name = 'raid') AND revoked_at IS NULL"
        )

    async with doors(rig, api_key_of(rig, "raid")) as ways:
        again = [(await way.submit([session]))[0] for way in ways]
    async with doors(rig) as (single, _, _):
        [others] = await single.submit([session])

    assert not new.replayed
    assert all(each.replayed for each in again)
    assert {story(each) for each in again} == {story(new)}
    assert not others.replayed
    assert story(others) != story(new)


async def test_a_key_survives_a_restart_of_everything(rig: Rig) -> None:
    session = sent("survives")
    async with doors(rig) as (single, _, _):
        [new] = await single.submit([session])

    for pid in rig.pair.pids():
        rig.end_server(pid, signal.SIGKILL)
    for part in rig.webs:
        part.end()
    rig.mend()
    assert eventually(rig.is_ready, within_s=60), rig.last_words()

    async with doors(rig) as ways:
        again = [(await way.submit([session]))[0] for way in ways]
        [other_body] = await ways[0].submit([Sent(session.key, session.session | {"score": 51})])
    assert all(each.replayed for each in again)
    assert {story(each) for each in again} == {story(new)}
    assert other_body.why == "422 idempotency_key_reused"
