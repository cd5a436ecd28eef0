"""How ranks are written down in Valkey: names of keys, members and numbers. Pure."""

from __future__ import annotations

from scores.boards import WindowRef

BUCKET = 128  # players whose revs and names share a small hash; the same number stands in prelude.lua
_NO_TOTAL = 2**53  # totals stay below it
VISIBLE_TOP = 10  # rows whose changes are counted by seq and pushed to every page


def tag(window: WindowRef) -> str:
    """The hash tag that keeps all keys of a window on one cluster shard.

    >>> tag(WindowRef(1, "global", "all"))
    '{global:all}'
    """
    return f"{{{window.board}:{window.window}}}"


def meta(window: WindowRef) -> str:
    """The hash that says which generation is live; without it a window has no ranks."""
    return f"{tag(window)}:meta"


def ranks(window: WindowRef, generation: str) -> str:
    """The sorted set of a generation; the scripts derive it by themselves."""
    return f"{tag(window)}:{generation}:ranks"


def revs(window: WindowRef, generation: str, bucket: int | str) -> str:
    """The hash with the revs of the players from 128 * bucket on."""
    return f"{tag(window)}:{generation}:revs:{bucket}"


def names(bucket: int | str) -> str:
    """The hash with the usernames of the players from 128 * bucket on."""
    return f"names:{bucket}"


def beginning_with(text: str) -> str:
    r"""The glob pattern of the keys that begin with the text, whatever characters are in it.

    >>> beginning_with("{what?:all}")
    '{what\\?:all}*'
    """
    return "".join(f"\\{character}" if character in "*?[]\\^-" else character for character in text) + "*"


def member(user_id: int) -> str:
    """A player in a sorted set: fixed width, so that equal sort keys stand in ascending user id.

    >>> member(7)
    '000000000007'
    """
    return f"{user_id:012d}"


def is_member(text: str) -> bool:
    """Whether the text stands for a player.

    >>> is_member(member(7)), is_member("7"), is_member("somebody")
    (True, False, False)
    """
    return 12 <= len(text) <= 15 and text.isascii() and text.isdigit() and member(int(text)) == text


def name_text(rev: int | str, username: str) -> str:
    """A username as it stands in its bucket, with the rev that orders the names of one player.

    >>> name_text(5, "alice")
    '5:alice'
    """
    return f"{rev}:{username}"


def username(name_text: str) -> str:
    """The username that `name_text` has written.

    >>> username("5:al:ice")
    'al:ice'
    """
    return name_text.partition(":")[2]


def sort_key_text(sort_key: float) -> str:
    """A sort key as Valkey reads it back to the same double.

    >>> sort_key_text(-9007199254740991.0)
    '-9007199254740991.0'
    """
    return repr(sort_key)


def total_score(sort_key: str) -> int:
    """The total that a sort key of a summing board stands for; 0 for one that is none (it will be swept).

    >>> total_score("-9007199254740991"), total_score("-inf")
    (9007199254740991, 0)
    """
    total = -float(sort_key)
    return int(total) if abs(total) < _NO_TOTAL else 0
