"""What the product promises: the one table that figures are held against. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from leaderboard_project.bench.figures import Figure


@dataclass(frozen=True, slots=True)
class Target:
    """A bound for the median of a figure."""

    bound: Literal["at least", "at most"]
    value: float

    def is_met(self, figure: Figure) -> bool:
        """Whether the median keeps the bound.

        >>> Target("at most", 15).is_met(Figure("rankcast", "last_ms", (9.0, 12.0, 40.0)))
        True
        """
        return figure.median >= self.value if self.bound == "at least" else figure.median <= self.value


#: By scenario, way and name of the figure; for the default sizes, everything on two cores.
TARGETS: Final[Mapping[tuple[str, str, str], Target]] = MappingProxyType(
    {
        ("submit", "rankcast", "sessions_per_s"): Target("at least", 5_500),
        ("submit", "ratio", "sessions_per_s"): Target("at least", 10),
        ("submit-one", "rankcast", "p50_ms"): Target("at most", 2.5),
        ("submit-size", "ratio", "sessions_per_s"): Target("at least", 0.8),
        ("batch", "rankcast", "sessions_per_s"): Target("at least", 20_000),
        ("batch-socket", "rankcast", "sessions_per_s"): Target("at least", 20_000),
        ("reads", "top", "reads_per_s"): Target("at least", 10_000),
        ("reads", "rank", "reads_per_s"): Target("at least", 8_000),
        ("reads", "around", "reads_per_s"): Target("at least", 5_000),
        ("audience", "ratio", "last_ms"): Target("at least", 15),
        ("audience", "rankcast", "last_ms"): Target("at most", 15),
        ("audience-4000", "rankcast", "last_ms"): Target("at most", 55),
        ("audience-4000", "rankcast", "kib_per_socket"): Target("at most", 35),
        ("audience-4000", "rankcast", "connects_per_s"): Target("at least", 2_500),
        ("evening", "rankcast", "ack_p99_ms"): Target("at most", 60),
        ("evening", "rankcast", "last_p99_ms"): Target("at most", 200),
        ("evening", "rankcast", "lost"): Target("at most", 0),
        ("slow-readers", "ratio", "healthy_p99_ms"): Target("at most", 1.2),
        ("slow-readers", "rankcast", "growth_mib"): Target("at most", 64),
        ("memory", "rankcast", "bytes_per_player"): Target("at most", 130),
        ("rebuild", "rankcast", "seconds"): Target("at most", 20),
        ("rebuild", "rankcast", "wrong_ranks"): Target("at most", 0),
        ("reconciler", "ratio", "sessions_per_s"): Target("at least", 0.9),
        ("archive", "rankcast", "tables_that_differ"): Target("at most", 0),
    }
)


def target_of(scenario: str, figure: Figure) -> Target | None:
    """The target of a scenario's figure, None where there is none."""
    return TARGETS.get((scenario, figure.way, figure.name))
