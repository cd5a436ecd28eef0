"""How fast the machine itself is at this hour: a few plain measurements, so that figures of two runs can be compared.

None of them touches the product: Python alone, a round trip to each server, and one durable write.
"""

from __future__ import annotations

import socket
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg

from leaderboard_project.bench.errors import BenchFailed
from leaderboard_project.embedded.addresses import Addresses

#: Each measurement is taken so often, and the median is told: a moment of others' work is no property of a machine.
_LOOPS, _TURNS = 15, 500_000
_ROUND_TRIPS = 1_000
_COMMITS = 150
_BEGIN = "CREATE TABLE bench_yardstick (turn integer)"
_WRITE = "INSERT INTO bench_yardstick VALUES (1)"
_END = "DROP TABLE bench_yardstick"


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Medians of plain measurements, one after the other, by one process.

    Attributes:
        python_mturns_per_s: million turns a second of an empty `for` loop over a `range`.
        select_us: `SELECT 1` to PostgreSQL and back, by psycopg over its unix socket.
        commit_ms: a transaction of one INSERT of one row, with its fsync.
        ping_us: `PING` to Valkey and back, over its unix socket without a library.
    """

    python_mturns_per_s: float
    select_us: float
    commit_ms: float
    ping_us: float

    def lines(self) -> list[str]:
        """The same for people."""
        return [
            f"Yardstick: {self.python_mturns_per_s:.1f} million turns/s of an empty Python loop,"
            f" `SELECT 1` {self.select_us:.0f} µs, Valkey's PING {self.ping_us:.0f} µs",
            f"Yardstick: one INSERT with its fsync {self.commit_ms:.2f} ms; medians, by one process before the first"
            " scenario",
        ]


def measured(addresses: Addresses) -> Yardstick:
    """Take all measurements; about two seconds.

    Raises:
        BenchFailed: Valkey does not speak with us.
    """
    with psycopg.connect(addresses.database_url, autocommit=True) as connection:
        select_s = _median_s(lambda: connection.execute("SELECT 1").fetchone(), _ROUND_TRIPS)
        connection.execute(_BEGIN)
        commit_s = _median_s(lambda: connection.execute(_WRITE), _COMMITS)
        connection.execute(_END)
    return Yardstick(
        python_mturns_per_s=_TURNS / _median_s(_loop, _LOOPS) / 1e6,
        select_us=select_s * 1e6,
        commit_ms=commit_s * 1e3,
        ping_us=_ping_s(addresses.redis_url) * 1e6,
    )


def _loop() -> None:
    for _ in range(_TURNS):
        pass


def _ping_s(url: str) -> float:
    parts = urlsplit(url)
    [password] = parse_qs(parts.query)["password"]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(unquote(parts.path))

        def ask(words: bytes) -> bytes:
            connection.sendall(words + b"\r\n")
            return connection.recv(4096)

        if not (ask(f"AUTH {password}".encode()) == b"+OK\r\n" and ask(b"PING") == b"+PONG\r\n"):
            raise BenchFailed("Valkey does not answer a PING.")
        return _median_s(lambda: ask(b"PING"), _ROUND_TRIPS)


def _median_s(act: Callable[[], object], times: int) -> float:
    for _ in range(times // 10):
        act()  # plans, caches, and the processor's clock
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
