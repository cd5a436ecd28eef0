"""A busy evening: clients that submit by every door, and pages that watch, in a thread of the test."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from tests.acceptance.serving import eventually
from tests.faults.doors import Batch, Door, Frames, Sent, Single, Told
from tests.faults.history import History
from tests.faults.viewers import Viewer

T = TypeVar("T")

_CLIENTS = (Single, Single, Single, Single, Single, Single, Batch, Frames)
#: Half of the sessions are those of a few, whom the top shows; a row that was lost of one of the others
#: stays wrong until somebody repairs it, for no later session comes past soon.
_FAVOURITES = 20
PLAYERS = tuple(f"player{number}" for number in range(2000))
#: Sessions in a batch or a frame.
_TOGETHER = 4
#: Between two submits of a client, in seconds: the campaign wants histories that can be read, not a record.
_PAUSE_S = 0.03
#: Between a try that did not decide and the next one, in seconds.
_RETRY_S = 0.1
#: How probable it is that a client gives up where it cannot tell what became of its session.
_GIVES_UP = 0.1


class Load:
    """Begins and ends with its `with`; submits only between `begin` and `end`."""

    def __init__(self, url: str, api_key: str, *, viewers: int = 4, seed: int = 0) -> None:
        self._url = url
        self._api_key = api_key
        self._chance = random.Random(seed)
        self.history = History()
        self.viewers = [Viewer(url) for _ in range(viewers)]
        self._raging = False
        self._prefix = ""
        self._sent = 0
        #: Who plays.
        self.players: Sequence[str] = PLAYERS
        self._loop = asyncio.new_event_loop()
        # A daemon: whatever becomes of the test, the process does not wait for it.
        self._thread = threading.Thread(target=self._loop.run_forever, name="load", daemon=True)
        self._tasks: list[asyncio.Task[None]] = []
        self._clients: list[asyncio.Task[None]] = []
        self._doors: list[Door] = []

    def __enter__(self) -> Load:
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self.history.close()

    def begin(self, prefix: str, history: History) -> None:
        """Submit without end; every key begins with `prefix`."""
        self.history, self._prefix, self._sent, self._raging = history, prefix, 0, True
        self._run(self._begin())

    def rages(self, sessions: int, within_s: float = 60.0) -> None:
        """Wait until that many more were acknowledged."""
        wanted = self.history.acknowledged() + sessions
        assert eventually(lambda: self.history.acknowledged() >= wanted, within_s=within_s), "nothing is acknowledged"

    def end(self) -> None:
        """Submit nothing more; what is under way is told its outcome, or gives up."""
        self._raging = False
        self._run(self._end())

    def ask_again(self, most: int = 40) -> None:
        """Submit once more what has no outcome, and some of what has: it must be as it was told."""
        self._run(self._ask_again(most))

    def _run(self, coroutine: Coroutine[Any, Any, T], within_s: float = 120.0) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(within_s)

    async def _open(self) -> None:
        self._doors = [door(self._url, self._api_key) for door in (Single, Batch, Frames)]
        self._tasks = [asyncio.create_task(viewer.watch()) for viewer in self.viewers]

    async def _close(self) -> None:
        self._raging = False
        for task in (*self._tasks, *self._clients):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._clients, return_exceptions=True)
        for door in self._doors:
            await door.close()

    async def _begin(self) -> None:
        self._clients = [asyncio.create_task(self._client(door(self._url, self._api_key))) for door in _CLIENTS]

    async def _end(self) -> None:
        done = await asyncio.gather(*self._clients, return_exceptions=True)
        self._clients = []
        for each in done:
            if isinstance(each, BaseException):
                raise each

    async def _client(self, door: Door) -> None:
        try:
            while self._raging:
                await self._submit(door, [self._drawn() for _ in range(1 if door.name == "submit" else _TOGETHER)])
                await asyncio.sleep(_PAUSE_S)
        finally:
            await door.close()

    def _drawn(self) -> Sent:
        self._sent += 1
        key = f"{self._prefix}{self._sent}"
        few = self._chance.random() < 0.5
        player = self._chance.choice(self.players[:_FAVOURITES] if few else self.players)
        session: dict[str, Any] = {"username": player, "score": self._chance.randrange(1, 100), "game_mode": key}
        if self._chance.random() < 0.02:  # some are refused, and must leave no trace
            session = {"user_id": 10**9, "score": 1, "game_mode": key}
        return Sent(key, session)

    async def _submit(self, door: Door, sessions: list[Sent]) -> None:
        """Try until each session has its outcome, by whichever door; some give up where nobody can tell."""
        while sessions:
            answers = await self._try(door, sessions)
            open_ones = zip(sessions, answers, strict=True)
            sessions = [sent for sent, answer in open_ones if not answer.is_final and not self._gives_up(answer)]
            if not self._raging:
                return
            if sessions:
                await asyncio.sleep(_RETRY_S)
                door = self._chance.choice(self._doors)

    async def _try(self, door: Door, sessions: Sequence[Sent]) -> list[Told]:
        for sent in sessions:
            self.history.tell("invoke", sent.key, door=door.name, session=sent.session)
        answers = await door.submit(sessions)
        for sent, answer in zip(sessions, answers, strict=True):
            told = {"receipt": answer.receipt, "replayed": answer.replayed, "why": answer.why}
            self.history.tell(answer.kind, sent.key, door=door.name, **told)
        return answers

    def _gives_up(self, answer: Told) -> bool:
        return answer.kind == "info" and self._chance.random() < _GIVES_UP

    async def _ask_again(self, most: int) -> None:
        last: dict[str, str] = {}
        sessions: dict[str, dict[str, Any]] = {}
        for event in self.history.events:
            if event.kind == "invoke":
                sessions[event.key] = event.session
            else:
                last[event.key] = event.kind
        undecided = [key for key in sessions if last.get(key) not in {"ok", "fail"}]
        decided = [key for key in sessions if last.get(key) == "ok"]
        keys = undecided[: len(undecided) // 2 + 1] + self._chance.sample(decided, min(most, len(decided)))
        for key in keys:
            door = self._chance.choice(self._doors)
            await self._try(door, [Sent(key, sessions[key])])
