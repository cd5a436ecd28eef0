"""A file that is not what a snapshot wrote is refused, whatever is wrong with it, and the system stays as it was."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import pickle
import random
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from django.db import connection
from typing_extensions import override

from scores.archive import ArchiveRefused, Written, container, restore
from scores.archive.container import Packer
from scores.archive.manifest import Manifest, Part, Rows, digest_of, encode
from scores.models import Player
from tests.archive.conftest import empty_system


@pytest.fixture
def emptied(archive: Written) -> Written:
    """The archive, in a system that could take it."""
    empty_system()
    return archive


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What is in an archive, to be packed again with a right seal."""

    manifest: Manifest
    parts: dict[str, bytes]

    def pack(self, path: Path, *, manifest: bytes | None = None) -> None:
        with path.open("wb") as file:
            packer = Packer(file)
            for name, content in self.parts.items():
                packer.add(name, content)
            packer.add("manifest.json", manifest or encode(self.manifest))
            packer.finish()

    def with_table(self, name: str, **changes: object) -> Unpacked:
        """Another description of a table; the digest of all is right."""
        tables = tuple(
            msgspec.structs.replace(table, **changes) if table.name == name else table for table in self.manifest.tables
        )
        return self.with_manifest(tables=tables, digest=digest_of(tables))

    def with_manifest(self, **changes: object) -> Unpacked:
        return Unpacked(msgspec.structs.replace(self.manifest, **changes), self.parts)

    def with_rows(self, table: str, content: bytes) -> Unpacked:
        """Other rows, with checksums that are right."""
        pressed = gzip.compress(content, mtime=0)
        part = Part(
            name=f"{table}/000001.gz",
            rows=content.count(b"\n"),
            content_bytes=len(content),
            bytes=len(pressed),
            sha256=hashlib.sha256(pressed).hexdigest(),
        )
        changed = Unpacked(self.manifest, {**self.parts, part.name: pressed})
        return changed.with_table(table, parts=(part,), rows=part.rows, digest=hashlib.sha256(content).hexdigest())

    def rows(self, table: str) -> bytes:
        return gzip.decompress(self.parts[f"{table}/000001.gz"])

    def table(self, name: str) -> Rows:
        [table] = [table for table in self.manifest.tables if table.name == name]
        return table


def unpacked(archive: Written) -> Unpacked:
    with archive.path.open("rb") as file:
        parts = {each.name: container.content(file, each, at_most=1 << 30) for each in container.members(file)}
    parts.pop("manifest.json")
    return Unpacked(archive.manifest, parts)


def refused(archive: Written) -> str:
    """What the refusal says; nothing has changed."""
    with pytest.raises(ArchiveRefused) as caught:
        restore(archive.path)
    assert not Player.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM boards")
        assert cursor.fetchone() == (1,)
    return str(caught.value)


def test_an_archive_cut_off_anywhere_is_refused(emptied: Written) -> None:
    whole = emptied.path.read_bytes()
    drawn = random.Random(7)
    lengths = [0, 1, 511, 512, len(whole) - 1, len(whole) - 512, len(whole) - 1024, len(whole) - 2048]

    for length in [*lengths, *(drawn.randrange(len(whole)) for _ in range(30))]:
        emptied.path.write_bytes(whole[:length])
        assert "archive" in refused(emptied)


def test_a_single_bit_that_flipped_anywhere_is_noticed(emptied: Written) -> None:
    whole = emptied.path.read_bytes()
    drawn = random.Random(7)

    for place in [0, 100, 256, 511, len(whole) - 1, *(drawn.randrange(len(whole)) for _ in range(100))]:
        changed = bytearray(whole)
        changed[place] ^= 1 << drawn.randrange(8)
        emptied.path.write_bytes(changed)
        assert "archive" in refused(emptied)


def test_what_is_added_at_the_end_is_noticed(emptied: Written) -> None:
    with emptied.path.open("ab") as file:
        file.write(bytes(512))

    assert "damaged" in refused(emptied)


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("users/000001.gz", tarfile.SYMTYPE, "/etc/passwd"),
        ("users/000001.gz", tarfile.LNKTYPE, "manifest.json"),
        ("users/000001.gz", tarfile.FIFOTYPE, ""),
        ("users", tarfile.DIRTYPE, ""),
        ("../users/000001.gz", tarfile.REGTYPE, ""),
        ("/etc/users.gz", tarfile.REGTYPE, ""),
        ("users/000001.pickle", tarfile.REGTYPE, ""),
        ("u" * 300, tarfile.REGTYPE, ""),
    ],
)
def test_only_plain_files_with_our_names_are_looked_at(emptied: Written, name: str, kind: bytes, link: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    with tarfile.open(emptied.path, "w") as tar:
        tar.addfile(info, io.BytesIO())

    assert "none that a snapshot writes" in refused(emptied)


class Bomb:
    """What a program that reads pickles would do."""

    @override
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch /tmp/rankcast-was-here",)


@pytest.mark.parametrize("content", [pickle.dumps(Bomb()), b"PK\x03\x04", b"SQLite format 3\0", b"", bytes(4096)])
def test_other_files_are_no_archives(emptied: Written, content: bytes) -> None:
    emptied.path.write_bytes(content)

    assert refused(emptied) == "This is no archive: `manage.py snapshot` writes those."


def test_a_newer_format_is_refused_with_its_version(emptied: Written) -> None:
    inside = unpacked(emptied)
    inside.pack(emptied.path, manifest=b'{"format": 2, "version": "3.1.4", "planets": []}')

    assert "Rankcast 3.1.4" in refused(emptied)


@pytest.mark.parametrize(("migration", "age"), [("0001_initial", "an older"), ("9999_the_future", "a newer")])
def test_other_migrations_are_refused(emptied: Written, migration: str, age: str) -> None:
    unpacked(emptied).with_manifest(migration=migration).pack(emptied.path)

    said = refused(emptied)
    assert f"{age} Rankcast" in said
    assert "upgrade there" in said


def test_tables_and_columns_that_nobody_knows_are_refused(emptied: Written) -> None:
    inside = unpacked(emptied)
    columns = (*inside.table("users").columns, "shoe_size")

    inside.with_table("users", columns=columns).pack(emptied.path)
    assert "the table 'users' is not as this program knows it" in refused(emptied)

    inside.with_manifest(tables=inside.manifest.tables[:-1]).pack(emptied.path)
    assert "tables are missing" in refused(emptied)


def test_rows_that_are_not_those_of_the_manifest_are_refused(emptied: Written) -> None:
    inside = unpacked(emptied)
    users = inside.table("users")

    inside.with_table("users", rows=users.rows + 1).pack(emptied.path)
    assert "contradicts itself" in refused(emptied)

    more = msgspec.structs.replace(users.parts[0], rows=users.rows + 1)
    inside.with_table("users", rows=users.rows + 1, parts=(more,)).pack(emptied.path)
    assert "does not hold the rows" in refused(emptied)

    inside.with_table("users", digest="0" * 64).pack(emptied.path)
    assert "the rows of users" in refused(emptied)


def test_a_part_that_is_missing_or_twice_or_unknown_is_refused(emptied: Written) -> None:
    inside = unpacked(emptied)
    without = {name: content for name, content in inside.parts.items() if name != "users/000001.gz"}

    Unpacked(inside.manifest, without).pack(emptied.path)
    assert "parts are not those" in refused(emptied)

    Unpacked(inside.manifest, {**inside.parts, "users/000002.gz": b"x"}).pack(emptied.path)
    assert "parts are not those" in refused(emptied)

    with emptied.path.open("wb") as file:
        packer = Packer(file)
        for name in ("users/000001.gz", "users/000001.gz", "manifest.json"):
            packer.add(name, b"x")
        packer.finish()
    assert "twice" in refused(emptied)


def test_a_part_that_grows_without_end_is_not_decompressed(emptied: Written) -> None:
    inside = unpacked(emptied)
    bomb = gzip.compress(bytes(200 << 20), 9)
    said = msgspec.structs.replace(
        inside.table("users").parts[0], bytes=len(bomb), sha256=hashlib.sha256(bomb).hexdigest()
    )
    changed = Unpacked(inside.manifest, {**inside.parts, said.name: bomb})

    changed.with_table("users", parts=(said,)).pack(emptied.path)
    assert "does not hold the rows" in refused(emptied)

    honest = msgspec.structs.replace(said, content_bytes=200 << 20)
    changed.with_table("users", parts=(honest,)).pack(emptied.path)
    assert "contradicts itself" in refused(emptied)


@pytest.mark.parametrize(
    ("table", "before", "after"),
    [
        ("game_sessions", b"\tsurvival\t", b"\t" + b"x" * 60 + b"\t"),  # longer than its column
        ("leaderboard", b"\t40\t", b"\t-40\t"),  # a CHECK forbids it
        ("clients", b"arena", b"\\N"),
        ("users", b"\tbanned\t", b"\tsleeping\t"),
        ("audit_trail", b"{", b"["),  # no JSON
        ("former_names", b"\t", b"000\t"),  # of an entry that is not there
        ("boards", b"season", b"global"),  # twice
        ("player_groups", b"moderator", b"astronaut"),  # a group that is not in it
    ],
)
def test_rows_that_the_tables_do_not_take_are_refused(
    emptied: Written, table: str, before: bytes, after: bytes
) -> None:
    inside = unpacked(emptied)
    assert before in inside.rows(table)

    inside.with_rows(table, inside.rows(table).replace(before, after, 1)).pack(emptied.path)

    assert refused(emptied)


def test_lines_that_are_too_short_are_refused(emptied: Written) -> None:
    unpacked(emptied).with_rows("boards", b"1\n").pack(emptied.path)

    assert "boards/000001.gz" in refused(emptied)


def test_it_is_restored_into_an_empty_system_only_and_never_twice(archive: Written) -> None:
    with pytest.raises(ArchiveRefused, match="not empty: it has players or accounts, clients, sessions"):
        restore(archive.path)

    empty_system()
    restore(archive.path)
    with pytest.raises(ArchiveRefused, match="not empty"):
        restore(archive.path)


def test_a_file_that_is_not_there_is_told(emptied: Written) -> None:
    emptied.path.unlink()

    assert "No such file" in refused(emptied)
