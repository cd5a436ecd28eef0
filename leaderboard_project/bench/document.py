"""Results as a JSON document, for charts and for comparing one day with another. Pure.

    {"rankcast_bench": 2,
     "machine": {"cores": 2, "cpu": "...", "load_average": 0.4, "yardstick": {"select_us": 60.0, ...}, ...},
     "results": [{"scenario": "submit", "sizes": {...}, "full_size": true, "errors": 0, "notes": [...],
                  "figures": [{"way": "rankcast", "name": "sessions_per_s", "median": 8000.0, "runs": [...],
                               "target": {"bound": "at least", "value": 5500, "met": true}}]}]}

`target` is null where there is none, `met` is null where the sizes were not those that the target means.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from leaderboard_project.bench.figures import Figure, Result
from leaderboard_project.bench.machine import Machine
from leaderboard_project.bench.targets import target_of

#: Changes when a reader of the document would have to.
VERSION = 2


def document(machine: Machine, results: Sequence[Result]) -> str:
    """The whole run as JSON text."""
    content = {
        "rankcast_bench": VERSION,
        "machine": dataclasses.asdict(machine),
        "results": [_result(result) for result in results],
    }
    return json.dumps(content, indent=1) + "\n"


def _result(result: Result) -> dict[str, Any]:
    return {
        "scenario": result.scenario,
        "sizes": dict(result.sizes),
        "full_size": result.full_size,
        "errors": result.errors,
        "notes": list(result.notes),
        "figures": [_figure(result, figure) for figure in result.figures],
    }


def _figure(result: Result, figure: Figure) -> dict[str, Any]:
    target = target_of(result.scenario, figure)
    met = target.is_met(figure) if target is not None and result.full_size else None
    return {
        "way": figure.way,
        "name": figure.name,
        "median": figure.median,
        "runs": list(figure.runs),
        "target": None if target is None else {"bound": target.bound, "value": target.value, "met": met},
    }
