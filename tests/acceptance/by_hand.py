"""A pair of servers without the product, and management commands against it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from leaderboard_project.embedded.pair import Pair
from tests.acceptance.serving import MANAGE, environment


def variables(pair: Pair, data: Path, **more: str) -> dict[str, str]:
    """The environment of a command that finds the pair; `more` is added to it."""
    addresses = {"DATABASE_URL": pair.addresses.database_url, "REDIS_URL": pair.addresses.redis_url}
    return environment(data) | addresses | more


def run(pair: Pair, data: Path, *arguments: str, **more: str) -> str:
    """What a management command prints; `more` is added to its environment."""
    command = [sys.executable, str(MANAGE), *arguments]
    ran = subprocess.run(
        command, env=variables(pair, data, **more), capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def run_python(pair: Pair, data: Path, *programs: str) -> str:
    """The last line that the programs print, one behind the other in one process."""
    lines = run(pair, data, "shell", "--no-imports", "-c", "\n".join(programs)).splitlines()
    return lines[-1] if lines else ""
