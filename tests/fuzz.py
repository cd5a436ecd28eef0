"""Asks a real server everything that its description allows: `python -m tests.fuzz EXAMPLES` (of each operation)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.acceptance.serving import Serving, new_api_key

_CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
_PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Target:
    """A server with a few players, and what its two kinds of clients show it."""

    url: str
    api_key: str
    access_token: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What schemathesis found."""

    cases: int
    failed: bool
    report: str


@contextmanager
def target(data: Path) -> Iterator[Target]:
    """A server on `data`, where players may submit, too."""
    os.environ["RANKCAST_PLAYERS_MAY_SUBMIT"] = "1"
    try:
        serving = Serving.started(data)
    finally:
        del os.environ["RANKCAST_PLAYERS_MAY_SUBMIT"]
    try:
        api_key = new_api_key(data)
        for username in ("alice", "bob"):
            serving.submit(api_key, username, 50)
        account = {"username": "charlie", "password": _PASSWORD}
        tokens = httpx.post(f"{serving.url}api/auth/signup", json=account, timeout=10)
        assert tokens.status_code == 201, tokens.text
        yield Target(serving.url, f"Api-Key {api_key}", f"Bearer {tokens.json()['access_token']}")
    finally:
        serving.discard()


def fuzz(url: str, authorization: str, *, examples: int, seed: int) -> Outcome:
    """Ask with these credentials; the same seed asks the same again."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(_CONFIGURATION), "run", f"{url}api/schema/"),
        *("--header", f"Authorization: {authorization}"),
        *("--max-examples", str(examples), "--seed", str(seed), "--warnings", "off"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    generated = re.search(r"(\d+) generated", done.stdout)
    return Outcome(int(generated[1]) if generated else 0, done.returncode != 0, done.stdout + done.stderr)


def main() -> None:
    """Ask as a game server and as a player, and tell how it went."""
    data = Path(tempfile.mkdtemp(prefix="rankcast-fuzz-"))
    data.chmod(0o711)  # root's servers run as another account, which must pass through
    try:
        with target(data) as server:
            outcomes = [
                fuzz(server.url, authorization, examples=int(sys.argv[1]), seed=seed)
                for seed, authorization in enumerate((server.api_key, server.access_token))
            ]
    finally:
        shutil.rmtree(data, ignore_errors=True)
    for outcome in outcomes:
        sys.stdout.write(outcome.report[outcome.report.find("= SUMMARY =") :] if not outcome.failed else outcome.report)
    sys.stdout.write(f"{sum(outcome.cases for outcome in outcomes)} cases.\n")
    sys.exit(any(outcome.failed for outcome in outcomes))


if __name__ == "__main__":
    main()
