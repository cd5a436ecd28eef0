"""What became of the frames of a load: kept while it runs, told in the end."""

from __future__ import annotations

import time
from collections import Counter

from leaderboard_project.bench.load.spec import Load, Loaded, percentile


class FrameTally:
    """Counts frames of sessions. A frame is done when each of its sessions is recorded."""

    def __init__(self, load: Load) -> None:
        self._batch = load.batch
        self._began = time.perf_counter()
        self._ends = self._began + load.seconds
        self._latencies: list[float] = []
        self.failures: Counter[str] = Counter()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be sent."""
        return time.perf_counter() >= self._ends

    def answered(self, sent_at: float, recorded: int) -> None:
        """Take note of the answer to a frame that was sent at that time (`time.perf_counter`)."""
        if recorded == self._batch:
            self._latencies.append(time.perf_counter() - sent_at)
        else:
            self.failures["frame not recorded as a whole"] += 1

    def outcome(self) -> Loaded:
        """What came of it until now."""
        latencies = sorted(self._latencies)
        return Loaded(
            done=len(latencies),
            seconds=time.perf_counter() - self._began,
            p50_ms=percentile(latencies, 50) * 1000,
            p99_ms=percentile(latencies, 99) * 1000,
            max_ms=percentile(latencies, 100) * 1000,
            failed=self.failures.total(),
            failures=dict(self.failures),
        )
