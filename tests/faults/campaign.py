"""The whole campaign: `python -m tests.faults.campaign`. Crashes by the hundred, each fault several times, one table.

It ends with the table so far whenever it is interrupted or its time is over.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.faults.checker import Findings
from tests.faults.report import summary, table
from tests.faults.rig import Rig
from tests.faults.scenarios import FAULTS, LARGE, Scenario, crashes
from tests.faults.stage import Cycle, NotHere, Stage

_RESULTS = Path(__file__).resolve().parents[2] / "test-results" / "campaign"
#: Everything is started anew after so many cycles: what is in the tables makes each judgement slower.
_CYCLES_A_STAGE = 60
#: With this, the reconciler alone brings what was committed into Valkey.
_NO_FAST_PATH = "write_after_commit=skip"


class Campaign:
    """Cycles one after the other, on stages that are opened as they are needed."""

    def __init__(self, results: Path, *, ends: float, seed: int) -> None:
        """Prepare it; `ends` is when no cycle begins any more (monotonic)."""
        self.cycles: list[Cycle] = []
        #: Faults that this machine cannot make, and why.
        self.skipped: dict[str, str] = {}
        self._results = results
        self._ends = ends
        self._seed = seed
        self._opened = ExitStack()
        self._stage: Stage | None = None
        self._armed = ""
        self._cycles_here = 0
        self._is_under_way = False

    def __enter__(self) -> Campaign:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_under_way:
            self._opened.close()
        else:
            self._close()

    def run(self, plan: Sequence[tuple[Scenario, str]], told: Callable[[str], None]) -> None:
        """Meet them all, in order, each on a stage that is armed as it says."""
        for scenario, armed in plan:
            if time.monotonic() > self._ends:
                return
            told(scenario.name)
            if scenario.name not in self.skipped:
                self._is_under_way = True  # and stays so where the cycle is interrupted
                self._meet(scenario, armed)
                self._is_under_way = False

    def _meet(self, scenario: Scenario, armed: str) -> None:
        name = f"{scenario.name}, no fast path" if armed else scenario.name
        try:
            stage = self._stage_armed(armed) if scenario.rig is None else self._stage_on(scenario.rig())
            self.cycles.append(stage.meet(name, scenario.fault, bound_s=scenario.bound_s))
            if scenario.rig is not None:
                self._close()
        except NotHere as reason:
            self.skipped[scenario.name] = str(reason)
        except Exception:  # noqa: BLE001  the edge of a cycle: the campaign goes on, and the table tells
            broken = Findings(wrong=[traceback.format_exc(), self._stage.rig.last_words() if self._stage else ""])
            self.cycles.append(Cycle(name, broken, None, scenario.bound_s, 0))
            self._close()

    def _stage_armed(self, armed: str) -> Stage:
        self._cycles_here += 1
        if self._stage is None or self._armed != armed or self._cycles_here > _CYCLES_A_STAGE:
            self._stage_on(Rig(armed=armed))
            self._armed, self._cycles_here = armed, 1
        assert self._stage is not None
        return self._stage

    def _stage_on(self, rig: Rig) -> Stage:
        self._close()
        self._seed += 1
        stage = Stage(rig, histories=self._results, seed=self._seed)
        self._stage = self._opened.enter_context(stage)
        return self._stage

    def _close(self) -> None:
        stage, self._stage = self._stage, None
        with self._opened:
            if stage is not None and (not self.cycles or self.cycles[-1].is_right):
                self.cycles.append(stage.verified())
        self._opened = ExitStack()


def plan(scenarios: Sequence[Scenario], *, crash_cycles: int, rounds: int) -> list[tuple[Scenario, str]]:
    """What is met in which order: everything in each round, so that an interrupted campaign has seen it all."""
    dying = [each for each in scenarios if each.is_crash]
    others = [each for each in scenarios if not each.is_crash and each.rig is None]
    deaths = itertools.islice(itertools.cycle(_by_weight(dying)), crash_cycles if dying else 0)
    shares = [list(itertools.islice(deaths, -(-crash_cycles // rounds))) for _ in range(rounds)]
    planned = [(each, "") for share in shares for each in (*share, *others)]
    # All of it once more with the write after the commit left out.
    planned += [(each, "") for each in scenarios if each.rig is not None]
    return planned + [(each, _NO_FAST_PATH) for each in (*dying, *others) if not each.needs_fast_path]


def _by_weight(scenarios: Sequence[Scenario]) -> Iterator[Scenario]:
    """Each as often as it is quick to meet."""
    heaviest = max((each.weight for each in scenarios), default=0)
    for turn in range(heaviest):
        yield from (each for each in scenarios if turn < each.weight)


def main() -> int:
    """Run the campaign; 0 if nothing was lost, doubled, wrong or late."""
    options = _parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # also where it was started in the background, which ignores Ctrl-C
        signal.signal(number, signal.default_int_handler)
    options.results.mkdir(parents=True, exist_ok=True)
    scenarios = [
        each
        for each in (*crashes(), *FAULTS, *LARGE)
        if not options.only or any(word in each.name for word in options.only)
    ]
    planned = plan(scenarios, crash_cycles=options.cycles, rounds=options.rounds)
    began = time.monotonic()
    ends = began + options.minutes * 60
    with (
        Campaign(options.results, ends=ends, seed=options.seed) as campaign,
        suppress(KeyboardInterrupt),
        _Progress(len(planned)) as told,
    ):
        campaign.run(planned, told)
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(table(campaign.cycles))
    for fault, why in campaign.skipped.items():
        console.print(f"not met here: {fault} ({why})", highlight=False)
    _write(options.results / "campaign.json", campaign, began)
    for cycle in campaign.cycles:
        if not cycle.is_right:
            findings = cycle.findings
            for sentence in (*findings.lost, *findings.duplicated, *findings.wrong)[:5]:
                console.print(f"{cycle.fault}: {sentence}", style="red", markup=False, highlight=False)
    return 0 if all(cycle.is_right for cycle in campaign.cycles) else 1


def _write(path: Path, campaign: Campaign, began: float) -> None:
    document = {
        "seconds": round(time.monotonic() - began),
        "summary": [asdict(each) for each in summary(campaign.cycles)],
        "skipped": campaign.skipped,
        "cycles": [asdict(each) for each in campaign.cycles],
    }
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")


class _Progress:
    """Progress on standard error: a bar on a terminal, else a line now and then."""

    def __init__(self, cycles: int) -> None:
        self._cycles = cycles
        self._done = 0
        self._bar = Progress(
            TextColumn("{task.description:34}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )

    def __enter__(self) -> Callable[[str], None]:
        self._bar.start()
        self._task = self._bar.add_task("", total=self._cycles)
        return self._tell

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _tell(self, name: str) -> None:
        self._bar.update(self._task, description=name, completed=self._done)
        if self._bar.disable and self._done % 10 == 0:
            sys.stderr.write(f"{self._done} of {self._cycles}: {name}\n")
        self._done += 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.campaign", description=__doc__)
    parser.add_argument("--minutes", type=float, default=45, help="no cycle begins later (default: %(default)s)")
    parser.add_argument("--cycles", type=int, default=300, help="deaths at named points (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="how often each other fault is met (%(default)s)")
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD", help="faults whose names hold such a word")
    parser.add_argument("--seed", type=int, default=0, help="of what the clients play (default: %(default)s)")
    parser.add_argument("--results", type=Path, default=_RESULTS, help="where the histories and campaign.json go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
