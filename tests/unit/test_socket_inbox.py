"""The inbox of a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from leaderboard_project.socket_inbox import Inbox


def received(text: str) -> Any:
    return {"type": "websocket.receive", "text": text}


async def test_events_are_taken_in_the_order_in_which_they_came() -> None:
    inbox = Inbox()
    for text in "abc":
        inbox.put_nowait(received(text))

    assert [(await inbox.get()).get("text") for _ in range(3)] == ["a", "b", "c"]
    assert inbox.empty()


async def test_a_reader_waits_for_the_next_event() -> None:
    inbox = Inbox()
    reading = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    assert not reading.done()

    inbox.put_nowait(received("a"))
    inbox.put_nowait(received("b"))

    assert (await reading).get("text") == "a"
    assert not inbox.empty()


async def test_a_reader_that_was_cancelled_takes_nothing_along() -> None:
    inbox = Inbox()
    reading = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    inbox.put_nowait(received("a"))

    assert (await inbox.get()).get("text") == "a"
