"""The questions that the benchmark asks, by name, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from leaderboard_project.bench.figures import Result
from leaderboard_project.bench.scenarios import (
    archiving,
    audience,
    batching,
    evening,
    growing,
    layers,
    ranks_memory,
    reading,
    rebuilding,
    reconciling,
    slow_readers,
    submitting,
)
from leaderboard_project.bench.workbench import Workbench

Scenario = Callable[[Workbench], Result]

SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        "submit": submitting.submit,
        "submit-one": submitting.submit_one,
        "layers": layers.layers,
        "batch": batching.batch,
        "batch-socket": batching.batch_socket,
        "audience": audience.audience,
        "audience-4000": audience.audience_4000,
        "evening": evening.evening,
        "slow-readers": slow_readers.slow_readers,
        "submit-size": submitting.submit_size,
        "reads": reading.reads,
        "memory": ranks_memory.memory,
        "rebuild": rebuilding.rebuild,
        "reconciler": reconciling.reconciler,
        "archive": archiving.archive,
        "size": growing.size,
        "size-batch": growing.size_batch,
        "size-sockets": audience.size_sockets,
        "size-boards": growing.size_boards,
    }
)
