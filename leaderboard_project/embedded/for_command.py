"""Which servers a management command uses: the environment's, those of a running `serve`, or its own."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from leaderboard_project.embedded.addresses import Addresses, addresses_on
from leaderboard_project.embedded.errors import DataInUse
from leaderboard_project.embedded.lock import DataLock
from leaderboard_project.embedded.pair import Pair

#: Commands that read code only: they start in a moment and leave no data directory behind.
_NEEDS_NO_SERVERS = frozenset(
    {
        "check",
        "collectstatic",
        "diffsettings",
        "findstatic",
        "help",
        "spectacular",
        "version",
    }
)
#: Commands that start throw-away servers of their own, whatever the environment names.
_BRINGS_ITS_OWN = frozenset({"bench"})
#: How long a command waits for another short command to leave the data directory, in seconds.
_WAIT_S = 30.0
#: `serve` waits only for a predecessor that is just ending.
_WAIT_SERVE_S = 1.0

_running: Pair | None = None


def running_pair() -> Pair | None:
    """The pair that this process started for its command, None when it uses others' servers."""
    return _running


def default_data_directory() -> Path:
    """RANKCAST_DATA, or `var` beside manage.py: the same from whichever directory a command is run."""
    chosen = os.environ.get("RANKCAST_DATA", "").strip()
    return Path(chosen) if chosen else Path(__file__).resolve().parents[2] / "var"


@contextmanager
def servers_for(argv: Sequence[str]) -> Iterator[None]:
    """Complete the environment for the command line `argv` and keep the servers up until the command is done.

    Sets DATABASE_URL, REDIS_URL and SECRET_KEY where they are unset, and RANKCAST_DATA to the
    data directory in use; must be entered before Django's settings are read.

    Raises:
        EmbeddedError: the servers cannot be started; the message is one sentence for the user.
    """
    command = argv[1] if len(argv) > 1 else "help"
    given = [name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name, "").strip()]
    data = _data_directory(argv)
    os.environ["RANKCAST_DATA"] = str(data)
    if (
        command in _NEEDS_NO_SERVERS | _BRINGS_ITS_OWN
        or command.startswith("-")
        or {"-h", "--help"} & set(argv)
        or len(given) == 2
    ):
        yield
        return
    pair = Pair(data, command=command, postgres="DATABASE_URL" not in given, valkey="REDIS_URL" not in given)
    if not _started(pair, data, command):
        _complete_environment(addresses_on(data))
        yield
        return
    global _running  # noqa: PLW0603  (one command per process; `serve` looks after the pair it was given)
    _running = pair
    try:
        _complete_environment(pair.addresses)
        yield
    finally:
        _running = None
        pair.stop()


def _started(pair: Pair, data: Path, command: str) -> bool:
    """Start the pair; False when a running `serve` already has servers on the data."""
    if command == "serve":
        pair.start(wait_s=_WAIT_SERVE_S)
        return True
    deadline = time.monotonic() + _WAIT_S
    while True:
        holder = DataLock(data).holder()
        if holder is not None and holder.command == "serve":
            return False
        try:
            pair.start(wait_s=0.2)
        except DataInUse:
            if time.monotonic() >= deadline:
                raise
        else:
            return True


def _complete_environment(addresses: Addresses) -> None:
    for name, value in (
        ("DATABASE_URL", addresses.database_url),
        ("REDIS_URL", addresses.redis_url),
        ("SECRET_KEY", addresses.secret_key),
    ):
        if not os.environ.get(name, "").strip():
            os.environ[name] = value


def _data_directory(argv: Sequence[str]) -> Path:
    # Django's own parser comes too late: it reads the settings first.
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    if argv[1:2] == ["serve"]:
        parser.add_argument("--data", type=Path)
    options, _ = parser.parse_known_args(argv[2:])
    chosen: Path | None = getattr(options, "data", None)
    return (chosen or default_data_directory()).resolve()
