"""How far a long command is: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import io

import pytest
from typing_extensions import override

from scores import telling
from scores.telling import teller


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()

    with teller(out) as told:
        told.begin("users", 30)
        told.begin("game_sessions", 4_000)
        told.advance(1_000)
        monkeypatch.setattr(telling, "_SELDOM_S", 0)  # from here on, long enough has passed
        told.advance(1_000)

    assert out.getvalue().splitlines() == ["users", "game_sessions: 2,000 rows of about 4,000"]


def test_a_terminal_shows_every_step_that_had_rows() -> None:
    out = Terminal()

    with teller(out) as told:
        told.begin("users", 30)
        told.advance(29)
        told.begin("suspicions", 0)
        told.begin("game_sessions")
        told.advance(7)

    last = out.getvalue().split("\x1b[2K")[-1]
    assert "29/29" in out.getvalue()
    assert "7/7" in last
    assert "suspicions" not in last
