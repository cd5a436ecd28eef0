"""Looks at all of an archive, before anything is done with it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from scores.archive import container
from scores.archive.container import Member, damaged
from scores.archive.errors import ArchiveRefused
from scores.archive.manifest import LARGEST, NAME, Manifest, Part, decode
from scores.telling import Teller

_GZIP: Final = 31  # zlib's word for "with the header and the checksum of gzip"


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is open, and was found whole."""

    file: BinaryIO
    manifest: Manifest
    members: Mapping[str, Member]

    def content(self, part: Part) -> bytes:
        """The rows of a part as text, right as they were written.

        Raises:
            ArchiveRefused: they are not.
            OSError: the file cannot be read.
        """
        pressed = container.content(self.file, self.members[part.name], at_most=LARGEST)
        if len(pressed) != part.bytes or hashlib.sha256(pressed).hexdigest() != part.sha256:
            raise ArchiveRefused(damaged(f"the part {part.name} is not what was written"))
        # Never more than the manifest says, whatever the part would grow to.
        press = zlib.decompressobj(wbits=_GZIP)
        try:
            content = press.decompress(pressed, part.content_bytes + 1)
        except zlib.error:
            raise ArchiveRefused(damaged(f"the part {part.name} cannot be decompressed")) from None
        whole = press.eof and not press.unused_data and len(content) == part.content_bytes
        if not whole or content.count(b"\n") != part.rows or not content.endswith(b"\n"):
            raise ArchiveRefused(damaged(f"the part {part.name} does not hold the rows that the manifest names"))
        return content


def verified(file: BinaryIO, told: Teller) -> Archive:
    """The archive in the file: every byte of it was looked at.

    Raises:
        ArchiveRefused: it is damaged, no archive, or one that this program cannot restore.
        OSError: the file cannot be read.
    """
    told.begin("checking the seal")
    found = container.members(file)
    if not found or found[-1].name != NAME:
        raise ArchiveRefused(damaged("it has no manifest"))
    manifest = decode(container.content(file, found[-1], at_most=LARGEST))
    parts = [part for table in manifest.tables for part in table.parts]
    if [member.name for member in found[:-1]] != [part.name for part in parts]:
        raise ArchiveRefused(damaged("its parts are not those that the manifest names"))
    archive = Archive(file, manifest, {member.name: member for member in found})
    told.begin("checking the parts", sum(part.rows for part in parts))
    for table in manifest.tables:
        digest = hashlib.sha256()
        for part in table.parts:
            digest.update(archive.content(part))
            told.advance(part.rows)
        if digest.hexdigest() != table.digest:
            raise ArchiveRefused(damaged(f"the rows of {table.name} are not those that the manifest names"))
    return archive
