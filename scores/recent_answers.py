"""Answers of PostgreSQL that are believed for less than a second, so that a key or a token costs no query each time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

_KEEP_S: Final = 0.9  # how long an answer is believed: what is taken away ends within a second, everywhere
_RENEW_S: Final = 0.5  # from then on one thread asks again while the others still believe: never all at once
_CAPACITY: Final = 1024  # answers of each kind; a flood of made-up questions cannot push out the real ones

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Answer(Struct, Generic[V], frozen=True):
    value: V | None
    asked_at: float
    being_renewed: bool = False


class Recalled(Struct, Generic[V], frozen=True):
    """An answer that is still believed. `is_due`: it is time that somebody asks again, by `get`."""

    value: V | None
    is_due: bool


class RecentAnswers(Generic[K, V]):
    """What was found for a key a moment ago, also if that was nothing. Thread-safe.

    Found and unknown are kept apart, each bounded, the oldest go first. What comes out is shared
    between threads and must not be changed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[K, _Answer[V]] = OrderedDict()
        self._unknown: OrderedDict[K, _Answer[V]] = OrderedDict()

    def get(self, key: K, ask: Callable[[], V | None]) -> V | None:
        """What was found for the key, at most 0.9 s ago; asks where nobody did lately.

        Raises:
            Exception: whatever `ask` raises; nothing is remembered then.
        """
        answer = self._recall(key)
        if answer is None:
            asked_at = time.monotonic()  # before asking: what is read may already be old when it arrives
            answer = _Answer(ask(), asked_at)
            self._remember(key, answer)
        return answer.value

    def recall(self, key: K) -> Recalled[V] | None:
        """What is believed now, without asking anybody: None where somebody must be asked, by `get`."""
        with self._lock:
            answer = self._found.get(key) or self._unknown.get(key)
            if answer is None:
                return None
            age_s = time.monotonic() - answer.asked_at
            return Recalled(answer.value, _is_due(answer, age_s)) if age_s <= _KEEP_S else None

    def forget(self, key: K) -> None:
        """Ask the next time."""
        with self._lock:
            self._drop(key)

    def _recall(self, key: K) -> _Answer[V] | None:
        """The answer, unless it is too old to be believed, or this caller is the one to renew it."""
        with self._lock:
            answers = self._found if key in self._found else self._unknown
            answer = answers.get(key)
            if answer is None:
                return None
            age_s = time.monotonic() - answer.asked_at
            if _is_due(answer, age_s):
                answers[key] = replace(answer, being_renewed=True)
                return None
            return answer if age_s <= _KEEP_S else None

    def _remember(self, key: K, answer: _Answer[V]) -> None:
        with self._lock:
            self._drop(key)
            answers = self._unknown if answer.value is None else self._found
            answers[key] = answer
            if len(answers) > _CAPACITY:
                answers.popitem(last=False)

    def _drop(self, key: K) -> None:
        self._found.pop(key, None)
        self._unknown.pop(key, None)


def _is_due(answer: _Answer[V], age_s: float) -> bool:
    return age_s > _RENEW_S and not answer.being_renewed
