"""Turns the flat answers of the scripts (member, sort key, member, …) into rows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scores.ranking import keys
from scores.rows import Row, shared_ranks


def user_ids(flat: Sequence[str]) -> list[int]:
    """The players of a flat answer, in its order; a member that is no player's (it will be swept) is left out.

    >>> user_ids(["000000000007", "-30", "somebody", "-25", "000000000009", "-20"])
    [7, 9]
    """
    return [int(member) for member in flat[::2] if member.isdecimal()]


def rows(flat: Sequence[str], usernames: Mapping[int, str], *, offset: int, first_rank: int) -> tuple[Row, ...]:
    """The rows of neighbouring places with their ranks.

    Args:
        flat: member and sort key of each, in board order.
        usernames: a member without a name is left out, as in `user_ids`.
        offset: see `shared_ranks`.
        first_rank: see `shared_ranks`.

    >>> names = {7: "ada", 8: "bob", 9: "cy"}
    >>> [row.rank for row in rows(["7", "-30", "8", "-30", "9", "-10"], names, offset=4, first_rank=3)]
    [3, 3, 7]
    """
    totals = [keys.total_score(sort_key) for sort_key in flat[1::2]]
    ranks = shared_ranks(totals, offset=offset, first_rank=first_rank)
    return tuple(
        Row(user_id, usernames[user_id], rank, total)
        for member, rank, total in zip(flat[::2], ranks, totals, strict=True)
        if member.isdecimal() and (user_id := int(member)) in usernames
    )
