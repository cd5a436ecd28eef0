"""The list of those who were erased, beside the archives: an older archive still knows who they were.

It holds ids and times, no names. The audit trail knows the same, but goes back with everything else
when an older archive is restored.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from scores.archive.errors import ArchiveRefused
from scores.models import AuditEntry

NAME: Final = "erasures.jsonl"


class Erasure(msgspec.Struct, frozen=True):
    """One line: who was erased, and when."""

    user_id: int
    erased_at: datetime


class Entry(NamedTuple):
    """An erasure in the audit trail."""

    id: int
    at: datetime


def write_down(directory: Path, *, after: Entry | None = None) -> Entry | None:
    """Add to the list in the directory whom it lacks; give the audit trail's last erasure, None where nobody was.

    Args:
        directory: where the archives are; must exist.
        after: those of the trail up to this one are known to be in the list.

    Raises:
        ArchiveRefused: a line of the list that is there cannot be read.
        OSError: the list cannot be written.
        django.db.Error: PostgreSQL does not answer.
    """
    trail = AuditEntry.objects.filter(action=AuditEntry.Action.ERASE).order_by("id")
    # A PostgreSQL that was put back into its past gives the same ids again, to other erasures.
    if after is not None and trail.filter(pk=after.id, at=after.at).exists():
        trail = trail.filter(pk__gt=after.id)
    else:
        after = None
    found = list(trail.values_list("id", "subject_id", "at"))
    _append(directory / NAME, [Erasure(user_id=player, erased_at=at) for _, player, at in found])
    return Entry(found[-1][0], found[-1][2]) if found else after


def bring_along(directory: Path, lists: Iterable[Path]) -> None:
    """Add the lists that a restore has used to that of the directory, which is made if need be.

    Raises:
        ArchiveRefused: as `read`.
        OSError: the list cannot be written.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _append(directory / NAME, [erasure for one in lists for erasure in read(one)])


def read(path: Path) -> list[Erasure]:
    """The list.

    Raises:
        ArchiveRefused: a line cannot be read: nobody may be forgotten to be forgotten.
        OSError: the file cannot be read.
    """
    return _decoded(path, path.read_bytes())


def latest(erasures: Iterable[Erasure]) -> dict[int, datetime]:
    """When each of them was erased, last."""
    found: dict[int, datetime] = {}
    for erasure in erasures:
        found[erasure.user_id] = max(erasure.erased_at, found.get(erasure.user_id, erasure.erased_at))
    return found


def _decoded(path: Path, text: bytes) -> list[Erasure]:
    erasures = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            erasures.append(msgspec.json.decode(line, type=Erasure))
        except msgspec.MsgspecError as error:
            raise ArchiveRefused(f"Line {number} of the list of erasures {path} cannot be read: {error}.") from None
    return erasures


def _append(path: Path, erasures: Iterable[Erasure]) -> None:
    """Write those down who are not in the list yet; it is made where there is none. Any number of processes may."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = file.read()
        whole = text[: text.rfind(b"\n") + 1]  # without the beginning of a line that a crash cut off
        known = {erasure.user_id for erasure in _decoded(path, whole)}
        lines = []
        for erasure in erasures:
            if erasure.user_id not in known:
                known.add(erasure.user_id)
                lines.append(msgspec.json.encode(erasure) + b"\n")
        if lines or whole != text:
            file.seek(len(whole))
            file.write(b"".join(lines))
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
