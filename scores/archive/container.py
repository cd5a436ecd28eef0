"""The file itself: a plain tar of regular files, ending with the SHA-256 of all that stands before it.

Any `tar` lists and unpacks it. We read it more strictly than that: a header must be, byte for byte,
the one that we would have written, so there are no links, paths, devices or extensions to be
careful with; and whatever was cut off, added or flipped is noticed before anything is believed.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from dataclasses import dataclass
from typing import BinaryIO, Final

from scores.archive.errors import ArchiveRefused

_BLOCK: Final = 512  # bytes; everything in a tar is a multiple of it
_END: Final = bytes(2 * _BLOCK)
_SEAL: Final = "sha256"
_NAME: Final = re.compile(r"[a-z_]+(/[0-9]{6}\.gz|\.json)|sha256")
_CHUNK: Final = 1 << 20
_MOST_MEMBERS: Final = 100_000  # of some megabytes each: hundreds of gigabytes

_DAMAGED: Final = "The archive is damaged: {}. Restore from another copy of it, or from another archive."


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive, and where its content stands."""

    name: str
    offset: int
    size: int


class Packer:
    """Writes the members one after the other; the file must be new."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._seal = hashlib.sha256()
        self.size = 0

    def add(self, name: str, content: bytes) -> None:
        """The next member.

        Raises:
            OSError: the file cannot take it.
        """
        self._write(_header(name, len(content)), content, bytes(-len(content) % _BLOCK))

    def finish(self) -> None:
        """The seal and the end: without them nobody takes the file for an archive.

        Raises:
            OSError: the file cannot take them.
        """
        self.add(_SEAL, f"{self._seal.hexdigest()}\n".encode())
        self._write(_END)

    def _write(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._file.write(piece)
            self._seal.update(piece)
            self.size += len(piece)


def members(file: BinaryIO) -> list[Member]:
    """The members in their order, without the seal, which is right.

    Raises:
        ArchiveRefused: this is no archive, or one that was cut off or changed.
        OSError: the file cannot be read.
    """
    size = file.seek(0, 2)
    found: list[Member] = []
    offset = 0
    while not (found and found[-1].name == _SEAL):
        member = _member_at(file, offset, size)
        if len(found) >= _MOST_MEMBERS:
            raise ArchiveRefused(damaged("it has more parts than any archive"))
        found.append(member)
        offset = member.offset + _padded(member.size)
    seal = found.pop()
    _refuse_a_broken_seal(file, seal, size)
    if len({member.name for member in found}) < len(found):
        raise ArchiveRefused(damaged("a part is in it twice"))
    return found


def content(file: BinaryIO, member: Member, *, at_most: int) -> bytes:
    """What is in the member, which must not be larger than that.

    Raises:
        ArchiveRefused: it is.
    """
    if member.size > at_most:
        raise ArchiveRefused(damaged(f"the part {member.name} is larger than any that a snapshot writes"))
    file.seek(member.offset)
    return file.read(member.size)


def damaged(how: str) -> str:
    """The sentence for a file that is not as it was written."""
    return _DAMAGED.format(how)


def _member_at(file: BinaryIO, offset: int, size: int) -> Member:
    file.seek(offset)
    block = file.read(_BLOCK)
    if offset == 0 and not block[257:].startswith(b"ustar"):
        raise ArchiveRefused("This is no archive: `manage.py snapshot` writes those.")
    if len(block) < _BLOCK:
        raise ArchiveRefused(damaged("it is cut off"))
    try:
        header = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError):
        raise ArchiveRefused(damaged(f"at byte {offset:,} a part should begin")) from None
    known = _NAME.fullmatch(header.name) is not None and header.size >= 0
    if not known or _header(header.name, header.size) != block:
        raise ArchiveRefused(damaged(f"the part {header.name!r} is none that a snapshot writes"))
    if offset + _BLOCK + _padded(header.size) > size:
        raise ArchiveRefused(damaged("it is cut off"))
    return Member(header.name, offset + _BLOCK, header.size)


def _refuse_a_broken_seal(file: BinaryIO, seal: Member, size: int) -> None:
    digest = hashlib.sha256()
    file.seek(0)
    rest = seal.offset - _BLOCK
    while rest:
        chunk = file.read(min(rest, _CHUNK))
        if not chunk:
            raise ArchiveRefused(damaged("it is cut off"))
        digest.update(chunk)
        rest -= len(chunk)
    sealed = f"{digest.hexdigest()}\n".encode()
    file.seek(seal.offset)
    end = sealed + bytes(-len(sealed) % _BLOCK) + _END
    if seal.size != len(sealed) or size != seal.offset + len(end) or file.read(len(end)) != end:
        raise ArchiveRefused(damaged("its content is not what was sealed"))


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o600
    return info.tobuf(tarfile.USTAR_FORMAT)


def _padded(size: int) -> int:
    return size + -size % _BLOCK
