"""Heads that wait a moment for their bodies."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from leaderboard_project.one_write import HeadWithBody


class Wire:
    """Keeps what is written, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, text: bytes) -> None:
        assert not self.closed
        self.pieces.append(text)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def answer(wire: Wire) -> HeadWithBody:
    return HeadWithBody(cast("Any", wire), asyncio.get_running_loop())


async def test_head_and_body_leave_in_one_piece(answer: HeadWithBody, wire: Wire) -> None:
    answer.write(b"head ")
    answer.write(b"body")
    answer.write(b"more")
    await asyncio.sleep(0)

    assert wire.pieces == [b"head body", b"more"]


async def test_a_head_without_a_body_leaves_within_a_turn_of_the_loop(answer: HeadWithBody, wire: Wire) -> None:
    answer.write(b"head")
    assert wire.pieces == []

    await asyncio.sleep(0)
    answer.write(b"body")

    assert wire.pieces == [b"head", b"body"]


async def test_nothing_is_lost_by_closing(answer: HeadWithBody, wire: Wire) -> None:
    answer.write(b"head")
    answer.close()
    await asyncio.sleep(0)

    assert wire.pieces == [b"head"]
    assert answer.is_closing()


async def test_a_client_that_leaves_in_between_is_sent_nothing(answer: HeadWithBody, wire: Wire) -> None:
    answer.write(b"head")
    wire.close()
    await asyncio.sleep(0)

    assert wire.pieces == []
