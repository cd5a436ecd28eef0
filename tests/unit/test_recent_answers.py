"""Answers that are believed for a moment."""

from __future__ import annotations

import pytest

from scores import recent_answers
from scores.recent_answers import Recalled, RecentAnswers


class Asked:
    """Counts questions and answers each with `value`."""

    def __init__(self, value: str | None) -> None:
        self.value = value
        self.times = 0

    def __call__(self) -> str | None:
        self.times += 1
        return self.value


class Clock:
    """Stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("scores.recent_answers.time.monotonic", clock)
    return clock


@pytest.mark.parametrize("value", ["alice", None])
def test_an_answer_is_asked_for_once_a_moment(clock: Clock, value: str | None) -> None:
    recent, asked = RecentAnswers[str, str](), Asked(value)

    assert [recent.get("key", asked) for _ in range(10)] == [value] * 10
    assert asked.times == 1


def test_nothing_is_believed_after_a_second(clock: Clock) -> None:
    recent = RecentAnswers[str, str]()
    recent.get("key", Asked("alice"))

    clock.now += 1.0

    assert recent.get("key", Asked(None)) is None


def test_what_is_forgotten_is_asked_for_again(clock: Clock) -> None:
    recent = RecentAnswers[str, str]()
    recent.get("key", Asked("alice"))

    recent.forget("key")

    assert recent.get("key", Asked("bob")) == "bob"


def test_made_up_questions_cannot_push_out_the_real_answers(clock: Clock) -> None:
    recent = RecentAnswers[str, str]()
    recent.get("real", Asked("alice"))

    for number in range(5000):
        recent.get(str(number), Asked(None))

    assert recent.get("real", Asked("somebody else")) == "alice"
    assert len(recent._unknown) == recent_answers._CAPACITY


def test_one_caller_renews_an_answer_while_the_others_believe_it(clock: Clock) -> None:
    recent = RecentAnswers[str, str]()
    recent.get("key", Asked("alice"))
    believing = Asked("somebody else")

    def renewing() -> str | None:
        assert recent.get("key", believing) == "alice"
        assert believing.times == 0
        return "bob"

    clock.now += 0.6
    assert recent.get("key", renewing) == "bob"

    assert recent.get("key", believing) == "bob"


def test_an_answer_whose_renewal_failed_is_soon_believed_by_nobody(clock: Clock) -> None:
    recent = RecentAnswers[str, str]()
    recent.get("key", Asked("alice"))

    def failing() -> str | None:
        raise ConnectionError

    clock.now += 0.6
    with pytest.raises(ConnectionError):
        recent.get("key", failing)
    assert recent.get("key", Asked("bob")) == "alice"
    clock.now += 0.4

    assert recent.get("key", Asked("bob")) == "bob"


def test_recalling_asks_nobody_and_says_when_it_is_time_to(clock: Clock) -> None:
    recent = RecentAnswers[str, str]()
    assert recent.recall("key") is None
    recent.get("key", Asked("alice"))
    recent.get("made up", Asked(None))

    assert recent.recall("key") == Recalled("alice", is_due=False)
    assert recent.recall("made up") == Recalled(None, is_due=False)
    clock.now += 0.6
    assert recent.recall("key") == Recalled("alice", is_due=True)
    clock.now += 0.4
    assert recent.recall("key") is None


def test_what_is_being_renewed_is_due_no_more(clock: Clock) -> None:
    recent = RecentAnswers[str, str]()
    recent.get("key", Asked("alice"))
    clock.now += 0.6

    def renewing() -> str | None:
        assert recent.recall("key") == Recalled("alice", is_due=False)
        return "bob"

    assert recent.get("key", renewing) == "bob"
    assert recent.recall("key") == Recalled("bob", is_due=False)
