"""The questions that the benchmark asks, by name, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from leaderboard_project.bench.figures import Result
from leaderboard_project.bench.scenarios import audience, submitting
from leaderboard_project.bench.workbench import Workbench

Scenario = Callable[[Workbench], Result]

SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        "submit": submitting.submit,
        "submit-one": submitting.submit_one,
        "submit-size": submitting.submit_size,
        "audience": audience.audience,
        "audience-4000": audience.audience_4000,
    }
)
