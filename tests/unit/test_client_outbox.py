"""The client's outbox and patience: no socket, no server, no clock but the test's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from rankcast_client import Receipt, Refused, Retries, Session, Unavailable
from rankcast_client.calls import batches
from rankcast_client.outbox import Outbox, Parcel, Window
from rankcast_client.patience import Patience
from rankcast_client.pending import Outcome


class Sender:
    """An outbox with an open window, and what it told of each session by key."""

    def __init__(self, frames: int = 16, sessions: int = 4000) -> None:
        self.outbox = Outbox()
        self.outbox.window = Window(frames, sessions)
        self.told: dict[str, Outcome] = {}

    def put(self, *keys: str, deadline: float = 10.0) -> None:
        for key in keys:
            session = Session(username="alice", score=1, game_mode="survival", idempotency_key=key)
            self.outbox.put(Parcel(session, deadline, lambda outcome, key=key: self.told.update({key: outcome})))  # type: ignore[misc]

    def sends(self) -> dict[str, Any]:
        text = self.outbox.next_frame()
        assert text is not None
        frame: dict[str, Any] = json.loads(text)
        return frame

    def sent_keys(self) -> list[str]:
        return [item["idempotency_key"] for item in self.sends()["sessions"]]


def receipt(total: int = 1) -> dict[str, Any]:
    document = {
        "session_id": total,
        "user_id": 1,
        "username": "alice",
        "score": 1,
        "game_mode": "survival",
        "outcome": None,
        "timestamp": "2026-11-21T12:00:00Z",
        "total_score": total,
        "rank": 1,
        "status": "recorded",
        "new in a later version": True,
    }
    return {"status": 201, "receipt": document, "replayed": False}


def error(status: int, code: str) -> dict[str, Any]:
    return {"status": status, "error": {"code": code, "detail": "Told by the test."}}


def test_each_session_is_told_its_own_outcome() -> None:
    sender = Sender()
    sender.put("a", "b")

    frame = sender.sends()
    sender.outbox.answered({"id": frame["id"], "receipts": [receipt(), error(400, "score_out_of_range")]})

    first, second = sender.told["a"], sender.told["b"]
    assert isinstance(first, Receipt)
    assert isinstance(second, Refused)
    assert (first.total_score, second.code, second.may_be_recorded, len(sender.outbox)) == (
        1,
        "score_out_of_range",
        False,
        0,
    )


@pytest.mark.parametrize(("frames", "sessions"), [(2, 4000), (16, 4)])
def test_no_more_is_sent_than_the_window_allows(frames: int, sessions: int) -> None:
    sender = Sender(frames, sessions)
    sender.put("a", "b")
    first = sender.sends()
    sender.put("c", "d")
    sender.sends()
    sender.put("e")

    assert sender.outbox.next_frame() is None

    sender.outbox.answered({"id": first["id"], "receipts": [receipt(), receipt()]})
    assert sender.sent_keys() == ["e"]


@pytest.mark.parametrize(
    "session",
    [
        Session(user_id=2**53, score=-1, game_mode="duel"),
        Session(username='zoë "\\\n\u2028\U0001f3c6', score=0, game_mode="\x00", outcome="draw"),
        Session(username="ada", score=1, game_mode="duel", played_at=datetime(2026, 11, 21, 12, tzinfo=UTC)),
        Session(user_id=True, score=1.5, game_mode=None, idempotency_key=7),  # type: ignore[arg-type]
    ],
)
def test_the_text_of_a_session_is_its_item_whatever_it_holds(session: Session) -> None:
    assert json.loads(session.text()) == session.item()


def test_before_the_server_has_told_its_window_nothing_is_sent() -> None:
    sender = Sender(0, 0)
    sender.put("a")

    assert sender.outbox.next_frame() is None


def test_frames_are_smaller_than_the_server_allows() -> None:
    sender = Sender()
    sender.put(*[f"{number:0>250}" for number in range(3000)])

    sizes = []
    while (text := sender.outbox.next_frame()) is not None:
        sizes.append((len(text), len(json.loads(text)["sessions"])))

    assert sum(count for _, count in sizes) == 3000
    assert max(size for size, _ in sizes) <= 600_000
    assert max(count for _, count in sizes) <= 500


def test_what_was_in_flight_when_the_connection_was_lost_is_sent_again_first_and_in_order() -> None:
    sender = Sender()
    sender.put("a", "b")
    old = sender.sends()
    sender.put("c")
    sender.sends()
    sender.put("d")

    sender.outbox.lost()
    assert sender.outbox.next_frame() is None
    sender.outbox.window = Window(16, 4000)

    assert sender.sent_keys() == ["a", "b", "c", "d"]
    assert not sender.outbox.answered({"id": old["id"], "receipts": [receipt(), receipt()]})
    assert sender.told == {}


@pytest.mark.parametrize("whole", [True, False])
def test_what_fails_for_now_is_sent_again_after_a_pause(whole: bool) -> None:
    sender = Sender()
    sender.put("a", "b")
    frame_id = sender.sends()["id"]

    unavailable = error(503, "unavailable")
    answer = unavailable if whole else {"receipts": [unavailable, unavailable]}
    assert sender.outbox.answered({"id": frame_id, **answer})

    assert sender.sent_keys() == ["a", "b"]


@pytest.mark.parametrize(
    ("answer", "may_be_recorded"),
    [(None, False), (error(503, "unavailable"), False), (error(503, "outcome_unknown"), True)],
)
def test_at_its_deadline_a_session_is_given_up(answer: dict[str, Any] | None, may_be_recorded: bool) -> None:
    sender = Sender()
    sender.put("a", deadline=10.0)
    sender.put("b", deadline=20.0)
    if answer is not None:
        sender.outbox.answered({"id": sender.sends()["id"], **answer})

    sender.outbox.give_up_overdue(9.9)
    assert sender.told == {}
    sender.outbox.give_up_overdue(10.0)

    told = sender.told["a"]
    assert isinstance(told, Unavailable)
    assert told.may_be_recorded == may_be_recorded
    assert sender.sent_keys() == ["b"]


def test_a_session_in_flight_at_its_deadline_may_be_recorded_and_keeps_its_place_in_the_window() -> None:
    sender = Sender(frames=1)
    sender.put("a")
    frame_id = sender.sends()["id"]
    sender.put("b", deadline=99.0)

    sender.outbox.give_up_overdue(10.0)

    told = sender.told["a"]
    assert isinstance(told, Unavailable)
    assert (told.code, told.may_be_recorded) == ("outcome_unknown", True)
    assert sender.outbox.next_frame() is None
    sender.outbox.answered({"id": frame_id, "receipts": [receipt()]})
    assert sender.told["a"] is told
    assert sender.sent_keys() == ["b"]


def test_a_key_that_is_refused_after_a_lost_answer_leaves_the_outcome_open() -> None:
    sender = Sender()
    sender.put("a")
    sender.sends()
    sender.outbox.lost()
    sender.outbox.window = Window(16, 4000)

    sender.outbox.answered({"id": sender.sends()["id"], **error(401, "invalid_api_key")})

    told = sender.told["a"]
    assert isinstance(told, Refused)
    assert told.may_be_recorded


def test_pauses_are_anywhere_below_a_bound_that_doubles() -> None:
    patience = Patience(Retries(deadline_s=1e9, first_pause_s=1, longest_pause_s=4), lambda: 0.0)

    for bound in (1, 2, 4, 4, 4):
        pause_s = patience.pause_s()
        assert pause_s is not None
        assert 0 <= pause_s <= bound


def test_retry_after_comes_on_top_and_the_deadline_ends_it() -> None:
    now = 100.0
    patience = Patience(Retries(deadline_s=10, first_pause_s=1), lambda: now)

    pause_s = patience.pause_s(3.0)
    assert pause_s is not None
    assert 3 <= pause_s <= 4
    assert patience.pause_s(11.0) is None
    now = 110.0
    assert patience.pause_s() is None


def test_batches_keep_within_the_number_and_the_size_that_the_server_takes() -> None:
    small = [Session(user_id=1, score=1, game_mode="race") for _ in range(2500)]
    large = [Session(user_id=1, score=1, game_mode="x" * 100_000) for _ in range(25)]

    assert [len(batch) for batch in batches(small)] == [1000, 1000, 500]
    assert [len(batch) for batch in batches(large)] == [10, 10, 5]
    assert list(batches([])) == []
