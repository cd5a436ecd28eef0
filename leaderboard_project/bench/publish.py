"""Brings the figures of one or more runs into docs/performance.md, and draws its charts.

Run as `python -m leaderboard_project.bench.publish FIGURES.json…`; of a scenario that several files hold, the last
counts. What stands between the two marks in the document is replaced.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from leaderboard_project.bench.charts import batch_chart, cost_chart, grown, size_chart, sockets_chart, ways_chart
from leaderboard_project.bench.machine import Machine
from leaderboard_project.bench.tables import number

_DOCS = Path(__file__).resolve().parents[2] / "docs"
_BEGIN, _END = "<!-- figures: written by leaderboard_project.bench.publish -->", "<!-- end of the figures -->"

#: Which figures the document shows, in this order, and what they are called there.
_SHOWN: Final[Sequence[tuple[str, str, str, str]]] = (
    ("submit", "rankcast", "sessions_per_s", "durable submits/s, 64 connections, rank in the answer"),
    ("submit", "rankcast", "p99_ms", "… p99 of an answer, ms"),
    ("submit", "plain", "sessions_per_s", "… submits/s of the plain way"),
    ("submit", "ratio", "sessions_per_s", "… ratio"),
    ("submit", "rankcast", "web_cpu_us", "… processor time of the web process for one submit, µs"),
    ("submit", "plain", "web_cpu_us", "… of the plain way"),
    ("submit", "rankcast", "postgresql_cpu_us", "… of PostgreSQL for one submit"),
    ("submit", "rankcast", "valkey_cpu_us", "… of Valkey"),
    ("submit-one", "rankcast", "p50_ms", "one connection: p50 of a submit, ms"),
    ("submit-one", "plain", "p50_ms", "… the plain way"),
    ("batch", "rankcast", "sessions_per_s", "sessions/s in batches of 100, 16 connections"),
    ("batch-socket", "rankcast", "sessions_per_s", "sessions/s in frames of 100, 4 sockets of game servers"),
    ("batch-socket", "rankcast", "web_cpu_us", "… processor time of the web process for one session, µs"),
    ("batch-socket", "rankcast", "postgresql_cpu_us", "… of PostgreSQL"),
    ("batch-socket", "rankcast", "valkey_cpu_us", "… of Valkey"),
    ("batch-socket", "python client", "sessions_per_s", "… sent by our Python client"),
    ("submit-size", "ratio", "sessions_per_s", "submits/s with 1 M players against 10 k, ratio"),
    ("reads", "top", "reads_per_s", "`top`/s with 1 M players, 64 connections"),
    ("reads", "rank", "reads_per_s", "`rank`/s of random players"),
    ("reads", "around", "reads_per_s", "`around`/s of random players"),
    ("audience", "rankcast", "last_ms", "1,000 sockets: until the last has a change, ms"),
    ("audience", "plain", "last_ms", "… the plain way"),
    ("audience", "ratio", "last_ms", "… ratio"),
    ("audience", "rankcast", "web_cpu_us_per_frame", "… processor time of the web process for each frame, µs"),
    ("audience", "rankcast", "viewers_cpu_us_per_frame", "… of the viewers, who are measured with it"),
    ("audience-4000", "rankcast", "last_ms", "4,000 sockets on one process: the same, ms"),
    ("audience-4000", "rankcast", "kib_per_socket", "… memory of each, KiB"),
    ("audience-4000", "rankcast", "connects_per_s", "… new connections/s"),
    ("audience-4000", "rankcast", "shown_per_s", "… new connections/s, until they show the board"),
    ("audience-4000", "rankcast", "web_cpu_us_per_connect", "… processor time of the web process for each, µs"),
    ("evening", "rankcast", "acked_per_s", "2,500 submits/s offered, 1,000 sockets watch: acknowledged/s"),
    ("evening", "rankcast", "ack_p99_ms", "… p99 of an answer, ms"),
    ("evening", "rankcast", "last_p99_ms", "… p99 until the last socket has a change, ms"),
    ("evening", "rankcast", "lost", "… lost or wrong"),
    ("slow-readers", "ratio", "healthy_p99_ms", "200 of 1,000 sockets never read: p99 of the others, ratio"),
    ("slow-readers", "rankcast", "growth_mib", "… growth of memory, MiB"),
    ("memory", "rankcast", "bytes_per_player", "bytes of Valkey's memory per player, 1 M players"),
    ("rebuild", "rankcast", "seconds", "rebuild of 1 M players while submits go on, s"),
    ("rebuild", "rankcast", "wrong_ranks", "… wrong ranks seen meanwhile"),
    ("reconciler", "ratio", "sessions_per_s", "submits/s with the worker running against without it, ratio"),
    ("reconciler", "with the worker", "worker_cpu_us", "… processor time of the worker for one submit, µs"),
    ("archive", "rankcast", "snapshot_s", "snapshot of 1 M sessions, s"),
    ("archive", "rankcast", "restore_s", "… restored, with its ranks, s"),
    ("archive", "rankcast", "archive_mib", "… size of the archive, MiB"),
    ("archive", "rankcast", "tables_that_differ", "… tables that are not what they were"),
)

#: Scenarios that measure how something grows: what the sizes count, and which quantities are shown.
_GROWN: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "size": (
        "{:,.0f} players",
        {"requests_per_s": "requests/s", "web_cpu_us": "processor time of the web process, µs"},
    ),
    "size-batch": (
        "{:,.0f} a frame",
        {
            "sessions_per_s": "sessions/s, 4 sockets of game servers",
            "web_cpu_us": "processor time of the web process for one session, µs",
            "postgresql_cpu_us": "… of PostgreSQL",
            "valkey_cpu_us": "… of Valkey",
        },
    ),
    "size-boards": (
        "on {:,.0f}",
        {
            "sessions_per_s": "submits/s, by boards on which a session counts",
            "web_cpu_us": "processor time of the web process for one submit, µs",
            "postgresql_cpu_us": "… of PostgreSQL",
            "valkey_cpu_us": "… of Valkey",
        },
    ),
    "size-sockets": (
        "{:,.0f} sockets",
        {
            "median_ms": "until half of the sockets have a change, ms",
            "last_ms": "until the last one has it, ms",
            "web_cpu_us_per_frame": "processor time of the web process for each frame, µs",
        },
    ),
}
_CHARTS: Final = {
    "ways": ways_chart,
    "cost": cost_chart,
    "size": size_chart,
    "batch": batch_chart,
    "sockets": sockets_chart,
}


def main(files: Sequence[str]) -> None:
    """Write the document's figures and charts."""
    documents = [json.loads(Path(file).read_text(encoding="utf-8")) for file in files]
    results = {result["scenario"]: result for document in documents for result in document["results"]}
    page = _DOCS / "performance.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    machine = Machine.told(documents[-1]["machine"])
    after = rest.partition(_END)[2]
    page.write_text(
        f"{before}{_BEGIN}\n\n{_runs(documents)}{figures(machine, results)}\n{_END}{after}", encoding="utf-8"
    )
    for name, draw in _CHARTS.items():
        if (chart := draw(list(results.values()))) is not None:
            (_DOCS / "images" / f"performance-{name}.svg").write_text(chart, encoding="utf-8")


def figures(machine: Machine, results: Mapping[str, dict[str, Any]]) -> str:
    """The machine and the table, as Markdown."""
    head = ["| | median | lowest to highest | target | |", "|---|---:|---:|---:|---|"]
    rows = [
        _row(words, figure)
        for scenario, way, name, words in _SHOWN
        for figure in results.get(scenario, {"figures": []})["figures"]
        if (figure["way"], figure["name"]) == (way, name)
    ]
    return "\n".join(
        [
            *(f"- {line}" for line in machine.header().splitlines()),
            "",
            *head,
            *rows,
            "",
            *_growth(list(results.values())),
        ]
    )


def _runs(documents: Sequence[Mapping[str, Any]]) -> str:
    """Where there were several: what differed between them."""
    if len(documents) == 1:
        return ""
    machines = [document["machine"] for document in documents]
    loads = ", ".join(f"{machine['load_average']:.1f}" for machine in machines)
    turns = ", ".join(f"{machine['yardstick']['python_mturns_per_s']:.1f}" for machine in machines)
    return f"- From {len(documents)} runs; load average at the start of each: {loads}; million empty turns/s: {turns}\n"


def _row(words: str, figure: Mapping[str, Any]) -> str:
    runs, target = figure["runs"], figure["target"]
    spread = f"{number(min(runs))} to {number(max(runs))}" if len(runs) > 1 else ""
    told = f"{target['bound']} {number(target['value'])}" if target else ""
    verdict = {True: "met", False: "not met"}.get(target["met"], "") if target else ""
    return f"| {words} | {number(figure['median'])} | {spread} | {told} | {verdict} |"


def _growth(results: Sequence[dict[str, Any]]) -> list[str]:
    """A table for each scenario that measures something at several sizes."""
    told: list[str] = []
    for scenario, (unit, quantities) in _GROWN.items():
        rows = [
            (kind, words, values)
            for name, words in quantities.items()
            for kind, values in grown(results, scenario, name).items()
        ]
        heads = sorted({size for _, _, values in rows for size in values})
        several = len({kind for kind, _, _ in rows}) > 1
        if rows:
            told += [f"| | {' | '.join(unit.format(head) for head in heads)} |", "|---|" + "---:|" * len(heads)]
        for kind, words, values in rows:
            cells = [number(values[head]) if head in values else "" for head in heads]
            told.append(f"| {f'{kind}: ' if several else ''}{words} | {' | '.join(cells)} |")
        told += [""] * bool(rows)
    return told


if __name__ == "__main__":
    main(sys.argv[1:])
