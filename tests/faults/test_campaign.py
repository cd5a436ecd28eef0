"""A quick campaign: each fault once or twice. The full one is `uv run just campaign`, with hundreds of cycles.

Bounds are those of a machine with nothing else to do, times `SLOWNESS`: here other tests run beside, and a
machine of a CI service is half as fast.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.campaign import plan
from tests.faults.checker import Findings
from tests.faults.report import summary
from tests.faults.rig import Rig
from tests.faults.scenarios import FAULTS, LARGE, Scenario, crashes
from tests.faults.stage import Cycle, NotHere, Stage

SLOWNESS = 4.0


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage(Rig(), slowness=SLOWNESS) as opened:
        yield opened
        assert opened.verified().is_right


@pytest.fixture(scope="module")
def stage_without_fast_path() -> Iterator[Stage]:
    with Stage(Rig(armed="write_after_commit=skip"), slowness=SLOWNESS) as opened:
        yield opened


QUICK = [each for each in (*crashes(), *FAULTS) if each.quick]


def _met(stage: Stage, scenario: Scenario) -> Cycle:
    try:
        return stage.meet(scenario.name, scenario.fault, bound_s=scenario.bound_s)
    except NotHere as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("scenario", QUICK, ids=lambda each: each.name)
def test_nothing_is_lost_doubled_or_stale_after(scenario: Scenario, stage: Stage) -> None:
    for _ in range(scenario.quick):
        cycle = _met(stage, scenario)

        assert cycle.is_right, f"{cycle}\n{stage.rig.last_words()}"


@pytest.mark.parametrize("name", ["all web processes killed", "answers of COMMIT lost", "killed at reconcile_advance"])
def test_nor_is_it_where_the_reconciler_does_all_the_work(name: str, stage_without_fast_path: Stage) -> None:
    scenario = next(each for each in QUICK if each.name == name)

    cycle = _met(stage_without_fast_path, scenario)

    assert cycle.is_right, f"{cycle}\n{stage_without_fast_path.rig.last_words()}"


def test_a_plan_meets_everything_in_each_round_and_all_of_it_without_the_fast_path() -> None:
    scenarios = [*crashes(), *FAULTS, *LARGE]

    planned = plan(scenarios, crash_cycles=300, rounds=3)

    assert sum(each.is_crash for each, armed in planned if not armed) == 300
    assert {each.name for each, _ in planned[: len(planned) // 3]} >= {each.name for each in scenarios if each.is_crash}
    assert {each.name for each, armed in planned if armed} == {
        each.name for each in (*crashes(), *FAULTS) if not each.needs_fast_path
    }
    assert all(sum(met is each for met, _ in planned) == 1 for each in LARGE)


def test_a_summary_counts_by_fault_and_for_all() -> None:
    right = Cycle("a", Findings(), 0.5, 2.0, 10)
    late = Cycle("a", Findings(), 2.5, 2.0, 10)
    lost = Cycle("b", Findings(lost=["x"]), None, 2.0, 1)

    a, b, everything = summary([right, late, lost])

    assert (a.cycles, a.stale, a.p50_s, a.max_s) == (2, 1, 1.5, 2.5)
    assert (b.lost, b.stale, b.p50_s) == (1, 1, None)
    assert (everything.fault, everything.cycles, everything.acknowledged) == ("all", 3, 21)
