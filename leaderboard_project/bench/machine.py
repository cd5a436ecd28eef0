"""On what a run was made: without this header no figure means anything."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import psycopg

from leaderboard_project.bench.yardstick import Yardstick, measured
from leaderboard_project.embedded.addresses import Addresses
from scores.valkey import Valkey


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine, the versions, and what PostgreSQL itself says of its durability."""

    cores: int
    cpu: str
    system: str
    load_average: float
    python: str
    django: str
    uvicorn: str
    postgresql: str
    valkey: str
    fsync: str
    synchronous_commit: str
    disk: str
    processes: int
    client: str
    variables: tuple[str, ...]
    yardstick: Yardstick

    @classmethod
    def told(cls, content: Mapping[str, Any]) -> Self:
        """The machine of a document."""
        yardstick = Yardstick(**content["yardstick"])
        return cls(**{**content, "variables": tuple(content["variables"]), "yardstick": yardstick})

    def header(self) -> str:
        """The lines above the tables."""
        durable = f"fsync {self.fsync}, synchronous_commit {self.synchronous_commit}, data on {self.disk}"
        lines = [
            f"{self.cores} cores, {self.cpu}, {self.system}; load average {self.load_average:.2f} at the start",
            f"Python {self.python}, Django {self.django}, uvicorn {self.uvicorn},"
            f" PostgreSQL {self.postgresql} ({durable}), Valkey {self.valkey}",
            f"{self.processes} web process{'es' * (self.processes > 1)} and a worker; load by {self.client}. Servers"
            " and load share these cores: figures compare ways on this machine, they promise nothing for another.",
            *self.yardstick.lines(),
        ]
        if self.variables:
            lines.append(f"Set in the environment: {', '.join(self.variables)}")
        return "\n".join(lines)


def describe(addresses: Addresses, data: Path, *, load_average: float, processes: int, client: str) -> Machine:
    """Ask the machine and the servers behind `addresses`, whose data lies in `data`."""
    with psycopg.connect(addresses.database_url) as connection:
        shown = {
            name: str(connection.execute(f"SHOW {name}").fetchone()[0])  # type: ignore[index]  # one row always
            for name in ("server_version", "fsync", "synchronous_commit")
        }
    information = str(Valkey(addresses.redis_url).commands([("INFO", "server")])[0])
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        cpu=_cpu(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        load_average=load_average,
        python=platform.python_version(),
        django=version("django"),
        uvicorn=version("uvicorn"),
        postgresql=shown["server_version"],
        valkey=_first(r"'?(?:valkey|server)_version'?:\s*'?([\d.]+)", information),
        fsync=shown["fsync"],
        synchronous_commit=shown["synchronous_commit"],
        disk=filesystem_of(data),
        processes=processes,
        client=client,
        variables=tuple(
            sorted(name for name in os.environ if name.startswith("RANKCAST_") and name != "RANKCAST_DATA")
        ),
        yardstick=measured(addresses),
    )


def filesystem_of(path: Path) -> str:
    """The kind of file system that `path` lies on, such as `ext4`; `unknown` where nothing tells."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return "unknown"
    places = [line.split()[1:3] for line in mounts.read_text(encoding="utf-8").splitlines()]
    holding = [(len(place), kind) for place, kind in places if path.resolve().is_relative_to(place)]
    return max(holding, default=(0, "unknown"))[1]


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    text = information.read_text(encoding="utf-8") if information.exists() else ""
    return _first(r"model name\s*:\s*(.+)", text) or platform.processor() or "unknown CPU"


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""
