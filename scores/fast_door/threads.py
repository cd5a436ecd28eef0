"""What the fast door cannot know without PostgreSQL is asked in a few threads of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


class Threads:
    """A small pool of threads that may use Django's connection."""

    def __init__(self, name: str, most: int) -> None:
        self._executor = ThreadPoolExecutor(most, thread_name_prefix=name)

    def ask(self, question: Callable[[], T]) -> asyncio.Future[T]:
        """What the question answers, from a thread that gives its connection back to the pool."""
        return asyncio.get_running_loop().run_in_executor(self._executor, _and_let_go, question)


def _and_let_go(question: Callable[[], T]) -> T:
    try:
        return question()
    finally:
        connection.close()
