"""The manifest: what an archive says of itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from scores.archive.container import damaged
from scores.archive.errors import ArchiveRefused
from scores.archive.tables import TABLES

NAME: Final = "manifest.json"
#: Of the file: another one is needed when an older program would misread it.
FORMAT: Final = 1
#: Of the program, as in pyproject.toml.
VERSION: Final = "0.1.0"
#: The oldest state of the tables whose archives this program restores as they are: to be moved with every
#: migration that changes what a column of `tables.py` is or means.
OLDEST_MIGRATION: Final = "0007_marks"

#: A part's rows as text, at most, in bytes. A part ends with the row that passes the aim.
AIM: Final = 4 << 20
MOST: Final = 64 << 20
_MOST_MONTHS: Final = 1_200
#: The largest member, in bytes: what cannot be compressed grows by a little.
LARGEST: Final = MOST + (1 << 20)


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One member of the file: rows of a table as PostgreSQL's COPY writes them, compressed by gzip."""

    name: str
    rows: int
    content_bytes: int
    bytes: int
    sha256: str  # of the member, compressed


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole table. `digest` is the SHA-256 of all its rows as text, in their order, however they are divided."""

    name: str
    columns: tuple[str, ...]
    rows: int
    digest: str
    parts: tuple[Part, ...]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of it. `digest` covers the tables': equal systems have equal ones, wherever and whenever they are taken."""

    format: int
    product: str
    version: str
    migration: str
    taken_at: str  # PostgreSQL's time, in ISO 8601
    identity: str  # of the PostgreSQL that it was taken from
    rev: int  # the last one that was drawn
    ids: dict[str, int]  # the last one that each table drew
    months: tuple[str, ...]  # of which there are partitions, as 2026_11
    tables: tuple[Rows, ...]
    digest: str


class _Format(msgspec.Struct):
    format: int
    version: str = "unknown"


def digest_of(tables: Iterable[Rows]) -> str:
    """One SHA-256 for all tables."""
    lines = "".join(f"{table.name} {table.rows} {table.digest}\n" for table in tables)
    return hashlib.sha256(lines.encode()).hexdigest()


def encode(manifest: Manifest) -> bytes:
    """As it stands in the file: JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode(text: bytes) -> Manifest:
    """Read a manifest and hold it against what this program can restore.

    Raises:
        ArchiveRefused: it cannot be read here; the message says what can be done.
    """
    try:
        said = msgspec.json.decode(text, type=_Format)
        if said.format > FORMAT:
            raise ArchiveRefused(
                f"The archive has format {said.format}, from Rankcast {said.version}; this is Rankcast {VERSION},"
                f" which reads format {FORMAT}. Restore it with that version or a newer one."
            )
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise ArchiveRefused(damaged(f"its manifest cannot be read ({error})")) from None
    _refuse_other_tables(manifest)
    _refuse_impossible_numbers(manifest)
    return manifest


def _refuse_other_tables(manifest: Manifest) -> None:
    mine = [(table.name, table.columns) for table in TABLES]
    its = [(table.name, table.columns) for table in manifest.tables]
    if mine == its:
        return
    unknown = [name for name, columns in its if (name, columns) not in mine]
    which = f"the table {unknown[0]!r} is not as this program knows it" if unknown else "tables are missing in it"
    raise ArchiveRefused(
        f"The archive is of Rankcast {manifest.version} (migration {manifest.migration}), and {which}. Restore it with"
        " that version, then upgrade there: its migrations bring the data along."
    )


def _refuse_impossible_numbers(manifest: Manifest) -> None:
    right = manifest.format == FORMAT and manifest.rev >= 0 and min(manifest.ids.values(), default=0) >= 0
    right &= len(manifest.months) <= _MOST_MONTHS
    right &= all(re.fullmatch(r"[12][0-9]{3}_(0[1-9]|1[0-2])", month) for month in manifest.months)
    for table in manifest.tables:
        names = tuple(part.name for part in table.parts)
        right &= names == tuple(part_name(table.name, number) for number in range(1, len(names) + 1))
        right &= table.rows == sum(part.rows for part in table.parts)
        right &= all(part.rows > 0 and 0 < part.content_bytes <= MOST and part.bytes > 0 for part in table.parts)
    if not right or manifest.digest != digest_of(manifest.tables):
        raise ArchiveRefused(damaged("its manifest contradicts itself"))


def part_name(table: str, number: int) -> str:
    """The name of a part's member.

    >>> part_name("users", 1)
    'users/000001.gz'
    """
    return f"{table}/{number:06}.gz"
