"""What clients and moderators do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from scores import ledger
from tests.model.beside import NAMES, Beside, at_once, code, one_of, submissions, which, whom
from tests.model.leaderboard import MAXIMUM, State

_REASON: Final = "said so"


class Clients(Beside):
    """They submit, and submit again."""

    @rule(what=submissions, at_once=at_once)
    def submit(self, what: tuple[int | str, dict[str, Any]], at_once: bool) -> None:
        self._submit([what], at_once=at_once)

    @rule(what=st.lists(submissions, min_size=2, max_size=5), at_once=at_once)
    def submit_batch(self, what: list[tuple[int | str, dict[str, Any]]], at_once: bool) -> None:
        keys: set[str] = set()
        for _, more in what:
            if more["key"] in keys:
                more["key"] = None  # the committer sees to it: the same key never runs twice at a time
            elif more["key"]:
                keys.add(more["key"])
        self._submit(what, at_once=at_once)

    @precondition(lambda self: self.model.keys)
    @rule(number=which, at_once=at_once)
    def retry(self, number: int, at_once: bool) -> None:
        with self._road(at_once):
            self._retry(one_of(list(self.model.keys), number))

    @precondition(lambda self: self.model.keys)
    @rule(number=which)
    def retry_with_another_body(self, number: int) -> None:
        key = one_of(list(self.model.keys), number)
        asked, _ = self.model.keys[key]
        self._check([replace(asked, score=2 if asked.score == 1 else 1)])

    # Moderators


class Moderators(Beside):
    """They decide."""

    @precondition(lambda self: self.model.sessions)
    @rule(numbers=st.lists(which, min_size=1, max_size=3), voided=st.booleans(), at_once=at_once)
    def void_or_unvoid(self, numbers: list[int], voided: bool, at_once: bool) -> None:
        chosen = list(dict.fromkeys(one_of(self.model.sessions, number) for number in numbers))
        decide = ledger.void_sessions if voided else ledger.unvoid_sessions
        session_ids = [session.id for session in chosen]
        with self._road(at_once):
            real = code(lambda: decide(session_ids=session_ids, by=self.moderator.id, reason=_REASON))
        assert real == self.model.void(chosen, voided=voided)
        self._changed(at_once)

    @precondition(lambda self: self.model.players)
    @rule(who=whom, banned=st.booleans(), at_once=at_once)
    def ban_or_unban(self, who: int, banned: bool, at_once: bool) -> None:
        user_id = self._player(who)
        decide: Callable[..., bool] = ledger.ban if banned else ledger.unban
        state: State = "banned" if banned else "active"
        with self._road(at_once):
            real = code(lambda: decide(user_id=user_id, by=self.moderator.id, reason=_REASON))
        assert real == self.model.set_state(user_id, state)
        self._changed(at_once)

    @precondition(lambda self: self.model.players)
    @rule(who=whom, name=st.sampled_from(NAMES), at_once=at_once)
    def rename(self, who: int, name: str, at_once: bool) -> None:
        user_id = self._player(who)
        with self._road(at_once):
            real = code(lambda: ledger.rename(user_id=user_id, username=name, by=self.moderator.id, reason=_REASON))
        assert real == self.model.rename(user_id, name)
        self._changed(at_once)

    @precondition(lambda self: self.model.players)
    @rule(who=whom, at_once=at_once)
    def erase(self, who: int, at_once: bool) -> None:
        user_id = self._player(who)
        with self._road(at_once):
            real = code(lambda: ledger.erase(user_id=user_id, by=self.moderator.id, reason=_REASON))
        assert real == self.model.erase(user_id)
        self._changed(at_once)

    @precondition(lambda self: self.model.players)
    @rule(who=whom, points=st.sampled_from([-40, -10, -1, 0, 3, MAXIMUM]), at_once=at_once)
    def adjust(self, who: int, points: int, at_once: bool) -> None:
        user_id = self._player(who)
        with self._road(at_once):
            real = code(lambda: ledger.adjust(user_id=user_id, points=points, by=self.moderator.id, reason=_REASON))
        expected = self.model.adjust(user_id, points)
        if isinstance(expected, str):
            assert real == expected
        else:
            assert isinstance(real, int)
            expected.id = real
        self._changed(at_once)
