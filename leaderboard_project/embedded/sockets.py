"""The private directory of the servers' unix sockets.

Its place follows from the data directory, so that other commands find it. It cannot lie inside
the data directory: the address of a unix socket has room for about a hundred bytes only.
"""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from leaderboard_project.embedded.account import Account
from leaderboard_project.embedded.errors import EmbeddedError

#: Fixed, not TMPDIR: a command started from another shell must come to the same place.
_PARENT = Path("/tmp")  # noqa: S108  (the directory itself is private, and checked)


def digest(data_directory: Path) -> str:
    """A short name for a data directory, the same in every process."""
    return hashlib.sha256(str(data_directory.resolve()).encode()).hexdigest()[:12]


def socket_directory(data_directory: Path) -> Path:
    """Where the sockets of the servers on `data_directory` are."""
    return _PARENT / f"rankcast-{digest(data_directory)}"


def make_socket_directory(path: Path, account: Account) -> None:
    """Create the sockets' directory, 0700 and owned by the servers' account.

    Raises:
        EmbeddedError: the name is taken by something that others can get into (everybody may write to /tmp).
    """
    account.make_directory(path)
    if stat.S_IMODE(path.lstat().st_mode) & 0o077:
        raise EmbeddedError(f"{path} is open to other accounts; remove it and start again.")
