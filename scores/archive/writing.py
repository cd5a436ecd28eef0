"""Takes an archive: one state of PostgreSQL, streamed into one file, which appears under its name when it is whole."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from django.db import Error

from scores import failpoints
from scores.archive import reading
from scores.archive.container import Packer
from scores.archive.errors import NoArchive
from scores.archive.manifest import FORMAT, MOST, NAME, VERSION, Manifest, Part, Rows, digest_of, encode, part_name
from scores.archive.tables import TABLES, Table
from scores.telling import Nobody, Teller

# Level 3 of 9 takes half of the time of the usual 6, for a tenth more bytes.
_COMPRESSION: Final = 3


@dataclass(frozen=True, slots=True)
class Written:
    """What an archive holds, and what it took."""

    path: Path
    manifest: Manifest
    size: int  # in bytes
    seconds: float


def snapshot(path: Path, told: Teller | None = None) -> Written:
    """Write an archive of this moment; whatever happens, there is a whole one under that name or none.

    Submits go on meanwhile: nothing is locked. Memory holds a few parts, however many rows there are.

    Raises:
        NoArchive: there is a file of that name, it cannot be written, or PostgreSQL does not answer.
    """
    began = time.monotonic()
    try:
        with _new_file(path) as file:
            packer = Packer(file)
            manifest = _pack(packer, told or Nobody())
            packer.add(NAME, encode(manifest))
            packer.finish()
    except OSError as error:
        raise NoArchive(f"{path} cannot be written: {error.strerror or error}.") from error
    except Error as error:
        raise NoArchive(f"PostgreSQL ended it: {str(error).strip()}") from error
    return Written(path, manifest, packer.size, time.monotonic() - began)


def _pack(packer: Packer, told: Teller) -> Manifest:
    with reading.state() as state, ThreadPoolExecutor(1, thread_name_prefix="gzip") as presses:
        tables = tuple(_pack_table(table, packer, presses, told) for table in TABLES)
    return Manifest(
        format=FORMAT,
        product="rankcast",
        version=VERSION,
        migration=state.migration,
        taken_at=state.taken_at,
        identity=state.identity,
        rev=state.rev,
        ids=state.ids,
        months=state.months,
        tables=tables,
        digest=digest_of(tables),
    )


def _pack_table(table: Table, packer: Packer, presses: ThreadPoolExecutor, told: Teller) -> Rows:
    told.begin(f"reading {table.name}", reading.about(table))
    digest = hashlib.sha256()
    parts: list[Part] = []
    with closing(reading.contents(table)) as contents:
        # While one piece is compressed, the next one is read.
        under_way: Future[tuple[bytes, bytes]] | None = None
        for content in contents:
            if len(content) > MOST:
                raise NoArchive(f"A row of {table.name} is larger than {MOST >> 20} MB, which no archive takes.")
            digest.update(content)
            before, under_way = under_way, presses.submit(_pressed, content)
            if before is not None:
                parts.append(_add(packer, part_name(table.name, len(parts) + 1), *before.result()))
                told.advance(parts[-1].rows)
        if under_way is not None:
            parts.append(_add(packer, part_name(table.name, len(parts) + 1), *under_way.result()))
            told.advance(parts[-1].rows)
    return Rows(
        name=table.name,
        columns=table.columns,
        rows=sum(part.rows for part in parts),
        digest=digest.hexdigest(),
        parts=tuple(parts),
    )


def _pressed(content: bytes) -> tuple[bytes, bytes]:
    return content, gzip.compress(content, _COMPRESSION, mtime=0)


def _add(packer: Packer, name: str, content: bytes, pressed: bytes) -> Part:
    failpoints.reach("snapshot_part")
    packer.add(name, pressed)
    return Part(
        name=name,
        rows=content.count(b"\n"),  # within a row COPY writes it as \n, in two characters
        content_bytes=len(content),
        bytes=len(pressed),
        sha256=hashlib.sha256(pressed).hexdigest(),
    )


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when the block ends well; otherwise nothing of it stays.

    Who is killed leaves `NAME.partial`, which no command takes for an archive; the next snapshot of
    that name writes it anew.
    """
    partial = path.with_name(f"{path.name}.partial")
    with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NoArchive(f"Another snapshot is being written to {path}.") from None
        try:
            _refuse_to_overwrite(path)
            file.truncate()
            yield file
            file.flush()
            os.fsync(file.fileno())
            partial.rename(path)
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise
    _sync_directory(path.parent)


def forget_dead_partials(directory: Path) -> None:
    """Delete what snapshots that were killed have left in the directory."""
    for partial in directory.glob("*.tar.partial"):
        with suppress(OSError), partial.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # who is still alive holds it
            partial.unlink()


def _refuse_to_overwrite(path: Path) -> None:
    if path.exists():
        raise NoArchive(f"There is a file {path}: name another one, or take that one away.")


def _sync_directory(directory: Path) -> None:
    """Put the file's new name on the disk, too."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
