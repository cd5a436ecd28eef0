"""What was found to differ between PostgreSQL and Valkey, and when it is certain. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """In what way something differs."""

    BEHIND = "behind"  # older than PostgreSQL's, or missing
    WRONG = "wrong"  # of the same rev, and yet another
    AHEAD = "ahead"  # of a rev that PostgreSQL never gave, or of none that can be read
    STRANGER = "stranger"  # PostgreSQL has nothing like it
    FOREIGN = "foreign"  # a key of another type than ours
    MISSING = "missing"  # a window without ranks


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One thing that differs, as it was at one look.

    Attributes:
        bucket: where it lies; None where it lies in no bucket.
        user_id: whose row or name it is, where it is one player's.
        rev: PostgreSQL's, 0 where it has none.
        kept: what Valkey has: the rev of a row, or a name with its rev; None where it has none.
        place: the sort key that Valkey has, None where it shows none.
        wanted: the sort key or the name that PostgreSQL has, None where it shows none.
        name: the field or member, where it is nobody's.
    """

    kind: Kind
    bucket: int | None = None
    user_id: int | None = None
    rev: int = 0
    kept: str | None = None
    place: str | None = None
    wanted: float | str | None = None
    name: str = ""

    @property
    def key(self) -> tuple[int | None, int | None, str]:
        """What it is about, by which it is found again at another look."""
        return self.bucket, self.user_id, self.name

    def confirms(self, earlier: Finding) -> bool:
        """Whether what was found earlier about the same thing was no change on its way, seen some seconds later.

        Whatever is behind may be so because it changes all the time: it is too old only if it has not come to
        where PostgreSQL was at the earlier look. Everything else is certain as it is, because Valkey is read
        before PostgreSQL: what it has was committed by then.

        >>> then = Finding(Kind.BEHIND, 0, 7, rev=9, kept="5")
        >>> [Finding(Kind.BEHIND, 0, 7, rev=12, kept=kept).confirms(then) for kept in ("5", "9", None)]
        [True, False, True]
        """
        if self.kind != Kind.BEHIND:
            return True
        return earlier.kind == Kind.BEHIND and (self.kept is None or _rev_of(self.kept) < earlier.rev)


def _rev_of(kept: str) -> int:
    return int(kept.partition(":")[0])  # a name follows behind its rev
