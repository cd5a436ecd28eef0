"""What hardly ever changes, kept in each process so that hot paths need not ask PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog
from django.db import Error, connection

log = structlog.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    value: T
    read_at: float  # monotonic


class Remembered(Generic[T]):
    """A value of PostgreSQL that is read once and then renewed aside. Thread-safe.

    What is known is given at once, however old, and renewed by a thread of its own: a PostgreSQL
    that hangs must not hold up those who need only Valkey.
    """

    def __init__(self, name: str, read: Callable[[], T], *, keep_s: float) -> None:
        self._name = name
        self._read = read
        self._keep_s = keep_s
        self._known: _Known[T] | None = None
        self._renewing = threading.Lock()

    def get(self) -> T:
        """The value, seldom older than `keep_s` seconds.

        Raises:
            django.db.Error: it was never read, and PostgreSQL does not answer.
        """
        known = self._known
        if known is None:
            return self.read()
        if time.monotonic() - known.read_at >= self._keep_s and self._renewing.acquire(blocking=False):
            threading.Thread(target=self._renew, name=self._name, daemon=True).start()
        return known.value

    def read(self) -> T:
        """The value as it is now.

        Raises:
            django.db.Error: PostgreSQL does not answer.
        """
        asked_at = time.monotonic()
        value = self._read()
        self._known = _Known(value, asked_at)
        return value

    def forget(self) -> None:
        """Let the next question read PostgreSQL."""
        self._known = None

    def _renew(self) -> None:
        try:
            self.read()
        except Error as error:
            log.debug("what is remembered stays as it is", what=self._name, error=str(error).strip())
        finally:
            connection.close()
            self._renewing.release()
