"""Two or more ways in turn, A B A B: what the machine does meanwhile meets all of them alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from leaderboard_project.bench.figures import Figure
from leaderboard_project.bench.load.spec import Load, Loaded
from leaderboard_project.bench.workbench import Workbench

#: Before the first round each way serves for so long unmeasured: pools, plans and caches are filled.
WARM_UP_S = 1.0
#: Whose processor time is told for each request.
_WHO = ("web", "postgresql", "valkey", "client")


def in_turn(
    bench: Workbench, scenario: str, ways: Mapping[str, Load], prepare: Callable[[str], None] = lambda way: None
) -> dict[str, list[Loaded]]:
    """Run the loads of all ways, once in every round; `prepare` is called before each, unmeasured."""
    for way, load in ways.items():
        bench.progress.begin(f"{scenario}: warming up {way}")
        prepare(way)
        bench.run(_again(load, f"warm-{load.prefix}", min(WARM_UP_S, load.seconds)))
    outcomes: dict[str, list[Loaded]] = {way: [] for way in ways}
    for number in range(1, bench.options.rounds + 1):
        for way, load in ways.items():
            bench.progress.begin(f"{scenario}: round {number} of {bench.options.rounds}, {way}")
            prepare(way)
            outcomes[way].append(bench.run(_again(load, f"{load.prefix}-{number}")))
    return outcomes


def figures(way: str, rate: str, outcomes: Sequence[Loaded], *, each: int = 1) -> tuple[Figure, ...]:
    """The rate, the latencies and the processor time of one way; `each` is what one request counts for."""
    return (
        Figure(way, rate, tuple(outcome.per_s * each for outcome in outcomes)),
        Figure(way, "p50_ms", tuple(outcome.p50_ms for outcome in outcomes)),
        Figure(way, "p99_ms", tuple(outcome.p99_ms for outcome in outcomes)),
        Figure(way, "max_ms", tuple(outcome.max_ms for outcome in outcomes)),
        *(Figure(way, f"{who}_cpu_us", tuple(outcome.cpu_us(who) / each for outcome in outcomes)) for who in _WHO),
    )


def failures(outcomes: Mapping[str, Sequence[Loaded]]) -> tuple[int, tuple[str, ...]]:
    """How many requests failed, and a note for each way in which some did."""
    failed, notes = 0, []
    for way, all_of_it in outcomes.items():
        how = sum((Counter(outcome.failures) for outcome in all_of_it), Counter[str]())
        failed += how.total()
        if how:
            notes.append(f"{way}: " + ", ".join(f"{number} x {name}" for name, number in sorted(how.items())))
    return failed, tuple(notes)


def _again(load: Load, prefix: str, seconds: float | None = None) -> Load:
    return replace(load, prefix=prefix, seconds=load.seconds if seconds is None else seconds)
