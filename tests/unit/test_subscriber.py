"""Sending without a task where nothing waits, and with one where something does."""

from __future__ import annotations

import asyncio
import doctest
import logging
from typing import Any

import pytest

from realtime import allowance, board, messages, origins, ready_frames
from realtime.counters import Counters
from realtime.limits import Limits
from realtime.quiet import Seldom
from realtime.ready_frames import ReadyFrame
from realtime.subscriber import Subscriber

A, B, C, D = (ReadyFrame(text) for text in (b"a", b"b", b"c", b"d"))


class Wire:
    """The server's side of one socket: sends wait while it is full."""

    def __init__(self) -> None:
        self.writable = asyncio.Event()
        self.writable.set()
        self.closed = False
        self.sent: list[Any] = []

    async def send(self, event: dict[str, Any]) -> None:
        await self.writable.wait()
        if self.closed:
            raise OSError
        self.sent.append(event.get("text", event.get("code")))


def over(wire: Wire, **limits: Any) -> Subscriber:
    return Subscriber(wire.send, limits=Limits(**limits), counters=Counters())


async def test_a_frame_is_sent_before_offer_returns() -> None:
    wire = Wire()

    assert over(wire).offer(A)

    assert wire.sent == ["a"]
    assert len(asyncio.all_tasks()) == 1


async def test_a_socket_that_does_not_drain_takes_one_frame_and_no_more() -> None:
    wire = Wire()
    wire.writable.clear()
    slow = over(wire)

    assert slow.offer(A)
    assert [slow.offer(B), slow.offer(C), slow.takes] == [False, False, False]

    wire.writable.set()
    await slow.free()
    assert slow.offer(D)
    assert wire.sent == ["a", "d"]


async def test_answers_wait_for_their_turn_and_keep_their_order() -> None:
    wire = Wire()
    wire.writable.clear()
    slow = over(wire)
    slow.offer(A)

    answering = asyncio.create_task(slow.reply(messages.Pong(id=1)))
    await asyncio.sleep(0)
    assert wire.sent == []
    wire.writable.set()
    await answering

    assert wire.sent == ["a", '{"type":"pong","id":1}']


@pytest.mark.parametrize("waits", [False, True])
async def test_a_peer_that_has_gone_raises_nothing(waits: bool) -> None:
    wire = Wire()
    gone = over(wire)
    wire.closed = True
    if waits:
        wire.writable.clear()

    gone.offer(A)
    wire.writable.set()
    await gone.free()

    await gone.bye(messages.DRAIN, within_s=1)
    assert wire.sent == []


async def test_bye_is_the_last_frame_and_said_once() -> None:
    wire = Wire()
    leaving = over(wire)

    await leaving.bye(messages.DRAIN, within_s=1)
    await leaving.bye(messages.RATE_LIMIT, within_s=1)

    assert not leaving.offer(A)
    assert wire.sent == [messages.encode(messages.DRAIN).text, 4101]


async def test_a_server_without_a_transport_to_drop_is_named(caplog: pytest.LogCaptureFixture) -> None:
    wire = Wire()
    stuck = over(wire)
    wire.writable.clear()
    stuck.offer(A)

    await stuck.bye(messages.DRAIN, within_s=0.01)

    assert "no way to drop" in caplog.text
    wire.writable.set()
    await stuck.free()


async def test_a_send_that_waits_can_be_cancelled() -> None:
    wire = Wire()
    wire.writable.clear()
    slow = over(wire)
    slow.offer(A)
    assert slow._draining is not None
    await asyncio.sleep(0)

    slow._draining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow._draining

    wire.writable.set()
    assert slow.takes
    assert wire.sent == []


def test_a_log_that_repeats_itself_is_heard_seldom() -> None:
    seldom = Seldom()
    error = ConnectionError("gone")
    exc_info = (type(error), error, None)
    record = logging.LogRecord("channels_redis.pubsub", logging.ERROR, "", 0, "Unexpected", (), exc_info)

    assert [seldom.filter(record), seldom.filter(record)] == [True, False]
    assert "gone" in record.getMessage()
    assert record.exc_info is None


@pytest.mark.parametrize("module", [allowance, board, origins, ready_frames])
def test_the_examples_in_the_docstrings_hold(module: Any) -> None:
    assert doctest.testmod(module).failed == 0
