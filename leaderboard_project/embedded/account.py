"""The account that the servers run as: one's own, or an unprivileged one when started by root.

PostgreSQL refuses to run as root. No account is made and nobody else's directory is changed.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leaderboard_project.embedded.errors import EmbeddedError

#: Accounts that root may hand the servers to, the first that exists. PostgreSQL wants one with a passwd entry.
UNPRIVILEGED = ("rankcast", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """Who the servers run as; `switch` tells whether that is somebody else than we are."""

    name: str
    uid: int
    gid: int
    switch: bool

    def popen_options(self) -> dict[str, Any]:
        """The arguments of `Popen` that make a child run as this account."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_reach(self, path: Path) -> bool:
        """Whether the account may pass through to `path` and use it: asked of the kernel, not computed."""
        if not self.switch:
            return os.access(path, os.X_OK)
        question = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
        return subprocess.run(question, cwd="/", check=False, **self.popen_options()).returncode == 0  # noqa: S603

    def make_directory(self, path: Path) -> None:
        """Create `path` as a 0700 directory of this account; leave it alone if it already is one.

        Raises:
            EmbeddedError: it exists and belongs to somebody else.
        """
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            owner = path.lstat().st_uid
            if owner != self.uid or not path.is_dir() or path.is_symlink():
                raise EmbeddedError(
                    f"{path} belongs to {_name(owner)}, but the servers run as {self.name};"
                    " start as its owner or choose another directory with --data."
                ) from None
            return
        if self.switch:
            os.chown(path, self.uid, self.gid)


def servers_account(existing: Path) -> Account:
    """Ourselves; for root the owner of the `existing` data, or else an unprivileged account.

    Raises:
        EmbeddedError: root has no unprivileged account to hand the servers to.
    """
    if os.geteuid() != 0:
        return Account(_name(os.geteuid()), os.geteuid(), os.getegid(), switch=False)
    if existing.exists() and (owner := existing.stat().st_uid) != 0:
        found = pwd.getpwuid(owner)
        return Account(found.pw_name, found.pw_uid, found.pw_gid, switch=True)
    for name in UNPRIVILEGED:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_name, found.pw_uid, found.pw_gid, switch=True)
    raise EmbeddedError(
        f"PostgreSQL does not run as root and none of the accounts {', '.join(UNPRIVILEGED)} exists;"
        " start as an ordinary user, or set DATABASE_URL and REDIS_URL."
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
