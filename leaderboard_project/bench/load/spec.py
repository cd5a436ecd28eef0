"""What is asked of an HTTP client and what it found out, as both sides of a pipe know it. Knows no Django."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

Kind = Literal["submit", "batch", "top", "rank", "around", "alive", "frames", "stream"]


@dataclass(frozen=True, slots=True)
class Load:
    """Requests of one kind on a number of connections.

    Attributes:
        kind: `frames` are batches over sockets of game servers, `stream` the same by the project's own Python client;
            all others are HTTP requests.
        prefix: begins every idempotency key of this load, so that no other has the same.
        first, last: the ids of the players that play or are asked for, drawn at random.
        batch: sessions in a batch or a frame.
        in_flight: frames that one socket sends ahead of their answers.
        per_s: None: each connection asks again as soon as it has its answer. Otherwise so many requests begin in
            each second, whether the server keeps up or not, and a late one counts from when it was due.
    """

    address: tuple[str, int]
    kind: Kind
    connections: int
    seconds: float
    api_key: str
    prefix: str
    first: int
    last: int
    batch: int = 100
    in_flight: int = 1
    per_s: float | None = None

    def by_the_clock(self, per_s: float, *, first: int) -> Self:
        """The same with so many requests each second, and only for players from `first` on."""
        return dataclasses.replace(self, per_s=per_s, first=first)

    def encoded(self) -> str:
        """One line for the pipe."""
        return json.dumps(dataclasses.asdict(self)) + "\n"

    @classmethod
    def decoded(cls, line: str) -> Self:
        """The load of a line."""
        content = json.loads(line)
        return cls(**{**content, "address": tuple(content["address"])})


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of the requests. Times are in milliseconds.

    Attributes:
        done: answers with a status of success.
        seconds: how long it really took.
        failed: other statuses, broken connections, and requests without an answer.
        points: the sum of the scores of the submits that succeeded; 0 where the client does not know.
        cpu_s: processor time meanwhile, by who took it; a client knows its own, the workbench that of the servers.
    """

    done: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    failed: int
    points: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)

    @property
    def per_s(self) -> float:
        """Requests that succeeded, per second."""
        return self.done / self.seconds if self.seconds else 0.0

    def cpu_us(self, who: str) -> float:
        """The processor time that they took for one request, in microseconds."""
        return self.cpu_s.get(who, 0.0) / self.done * 1e6 if self.done else 0.0

    def encoded(self) -> str:
        """One line for the pipe."""
        return json.dumps(dataclasses.asdict(self)) + "\n"

    @classmethod
    def decoded(cls, line: str) -> Self:
        """The outcome of a line."""
        return cls(**json.loads(line))


def percentile(ascending: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed; 0 where there are none.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 50), percentile([1.0, 2.0, 3.0, 4.0], 99)
    (2.0, 4.0)
    """
    if not ascending:
        return 0.0
    place = -(-len(ascending) * percent // 100)
    return ascending[max(0, int(place) - 1)]
