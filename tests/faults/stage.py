"""Where a fault is met: the product in parts, the load on it, and the judgement once it is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psycopg
import redis

from tests.acceptance.serving import eventually
from tests.faults.checker import Findings, check, check_frames
from tests.faults.history import History
from tests.faults.load import Load
from tests.faults.rig import Rig
from tests.faults.state import Stores, top_of

#: How much longer than promised we go on looking, to tell late from never. In seconds.
_PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.02
#: How long it may take to compare everything, in seconds.
_VERIFIED_S = 300.0


@dataclass(slots=True)
class Cycle:
    """What came of one fault."""

    fault: str
    findings: Findings
    #: From the heal until both stores, the API and every page agreed, in seconds; None: never.
    converged_s: float | None
    bound_s: float
    acknowledged: int
    #: From the moment a server was back until the first session was acknowledged, in seconds.
    first_ok_s: float | None = None

    @property
    def is_stale(self) -> bool:
        return self.converged_s is None or self.converged_s > self.bound_s

    @property
    def is_right(self) -> bool:
        return not self.findings and not self.is_stale


@dataclass(slots=True)
class Meeting:
    """One cycle while it is under way: what the fault has to say beside its making."""

    #: With which all keys begin.
    prefix: str
    history: History
    wrong: list[str] = field(default_factory=list)
    #: The ranks went back in time, so a page may as well.
    back_in_time: bool = False
    #: What was acknowledged before this moment must be there; None: everything.
    forgotten_after: float | None = None
    first_ok_s: float | None = None
    #: What is put back in order after the judgement.
    after: ExitStack = field(default_factory=ExitStack)


class NotHere(Exception):
    """This machine cannot make the fault; the message says why."""


Fault = Callable[["Stage", Meeting], float]


class Stage:
    """A rig, its load, and those who look; open for as long as its `with`."""

    def __init__(self, rig: Rig, *, slowness: float = 1.0, histories: Path | None = None, seed: int = 0) -> None:
        """Prepare it; every bound is multiplied by `slowness`, and histories are kept in that directory."""
        self.slowness = slowness
        self.rig = rig
        self._histories = histories
        self._seed = seed
        self._cycles = 0

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.enter_context(self.rig)
            self.stores = Stores(self.rig.database_url, self.rig.redis_url)
            opening.callback(self.stores.close)
            self.load = opening.enter_context(Load(self.rig.url, self.rig.api_key, seed=self._seed))
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def meet(self, name: str, fault: Fault, *, bound_s: float, warm: int = 30) -> Cycle:
        """One cycle: load, the fault and its end, quiet, judgement.

        Args:
            name: what the fault is called.
            fault: makes it and heals it; returns the moment from which the bound counts.
            bound_s: how long anything may be wrong after that.
            warm: how many sessions are acknowledged before the fault.
        """
        self._cycles += 1
        prefix = f"{self._cycles:05d}-"
        history = History(self._histories / f"{prefix}{name.replace(' ', '-')}.jsonl" if self._histories else None)
        for viewer in self.load.viewers:
            viewer.frames.clear()
        meeting = Meeting(prefix, history)
        self.rig.mend()
        try:
            with meeting.after:
                self.load.begin(prefix, history)
                try:
                    self.load.rages(warm)
                    healed = fault(self, meeting)
                finally:
                    self.load.end()
                return self._judged(name, meeting, healed, bound_s * self.slowness)
        finally:
            history.close()

    def _judged(self, name: str, meeting: Meeting, healed: float, bound_s: float) -> Cycle:
        converged = self._until_right(healed + bound_s)
        if converged is None:
            meeting.wrong.append(f"never right again: {self.what_is_wrong()}")
        elif meeting.forgotten_after is None:
            self.load.ask_again()
            if self._until_right(time.monotonic() + bound_s) is None:
                meeting.wrong.append(f"after the retries: {self.what_is_wrong()}")
        findings = self._findings(meeting)
        took_s = None if converged is None else max(0.0, converged - healed)
        return Cycle(name, findings, took_s, bound_s, meeting.history.acknowledged(), meeting.first_ok_s)

    def verified(self) -> Cycle:
        """What `manage.py verify` says when all is over: names and revs as well, which nobody here looks at."""
        self.rig.mend()
        self._until_right(time.monotonic())
        verify = self.rig.command("verify", "--json")
        code = verify.wait(_VERIFIED_S)
        verify.end()
        findings = Findings(wrong=[] if code == 0 else [f"verify ended with {code}: {verify.last_words()}"])
        return Cycle("manage.py verify at the end", findings, 0.0, _VERIFIED_S, 0)

    def armed(self, more: str) -> str:
        """Failpoints for one process: those of all, and more."""
        return f"{self.rig.armed},{more}"

    def lasts(self, seconds: float) -> None:
        """A fault goes on for so long."""
        time.sleep(seconds)

    def what_is_wrong(self) -> str:
        """The first thing that does not agree with PostgreSQL; nothing when all does."""
        try:
            ranks = self.stores.ranks()
            if ranks is None:
                return "Valkey has no ranks"
            standings = self.stores.standings()
        except (psycopg.Error, redis.RedisError) as error:
            return f"a store does not answer: {error}"
        if standings != ranks:
            differing = [each for each in standings.keys() | ranks.keys() if standings.get(each) != ranks.get(each)]
            return f"the ranks of {len(differing)} players are not those of the standings"
        top = top_of(standings)
        for number, viewer in enumerate(self.load.viewers, start=1):
            if viewer.top != top:
                return f"viewer {number} is shown {viewer.top}, not {top}"
        return self._wrong_answer(top)

    def wait_for_ok(self, after: float, meeting: Meeting, *, within_s: float) -> None:
        """Wait until a session that was begun after the moment is acknowledged; it may not take too long."""
        history = self.load.history
        eventually(lambda: history.first_ok_after(after) is not None, within_s=_PATIENCE_S)
        first = history.first_ok_after(after)
        meeting.first_ok_s = None if first is None else first - after
        if first is None or first - after > within_s * self.slowness:
            meeting.wrong.append(f"the first session was acknowledged after {meeting.first_ok_s} s, not {within_s} s")

    def _until_right(self, deadline: float) -> float | None:
        """When all agreed; tried for a while longer than until the deadline."""
        while self.what_is_wrong():
            if time.monotonic() > deadline + _PATIENCE_S:
                return None
            time.sleep(_LOOK_EVERY_S)
        return time.monotonic()

    def _wrong_answer(self, top: tuple[tuple[int, int], ...]) -> str:
        try:
            body = httpx.get(f"{self.rig.url}/api/leaderboard/top", timeout=5).json()
            told = tuple((row["user_id"], row["total_score"]) for row in body["top_players"])
        except (httpx.HTTPError, KeyError, ValueError) as error:
            return f"the API does not answer: {error!r}"
        return "" if told == top and body["source"] == "ranks" else f"the API tells {told} from {body['source']}"

    def _findings(self, meeting: Meeting) -> Findings:
        limit, events = meeting.forgotten_after, meeting.history.events
        told = events if limit is None else [event for event in events if event.at < limit]
        findings = check(told, self.stores.stored(meeting.prefix))
        findings.wrong += meeting.wrong
        if not meeting.back_in_time:
            for viewer in self.load.viewers:
                findings.wrong += check_frames(viewer.frames)
        return findings
