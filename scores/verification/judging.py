"""Holds what Valkey has of a bucket of players against what PostgreSQL has. Pure: it is done a million times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from scores.ranking import keys
from scores.ranking.inspecting import InspectedBucket
from scores.verification.findings import Finding, Kind

#: A standing: user id, rev, sort key (None of who is hidden).
StandingRow = tuple[int, str, float | None]
#: A player: user id, rev, username.
PlayerRow = tuple[int, str, str]

_DIGITS: Final = 19  # of a rev, at most: PostgreSQL counts to 2^63
_FIELDS: Final = {str(place) for place in range(keys.BUCKET)}


def judge_ranks(number: int, bucket: InspectedBucket | None, rows: Sequence[StandingRow]) -> list[Finding]:
    """What differs in a bucket of the ranks.

    >>> bucket = InspectedBucket({"7": "4", "8": "5"}, [None] * 7 + ["-30", "-10"] + [None] * 119)
    >>> [str(finding.kind) for finding in judge_ranks(0, bucket, [(7, "4", -40.0), (9, "6", -5.0)])]
    ['wrong', 'behind', 'stranger']
    """
    if bucket is None:
        return [Finding(Kind.FOREIGN, number)]
    found = []
    base = number * keys.BUCKET
    revs, places = dict(bucket.revs), list(bucket.places)
    for user_id, rev, sort_key in rows:
        field = user_id - base
        kept = revs.pop(str(field), None)
        place, places[field] = places[field], None
        if kept == rev and (None if place is None else float(place)) == sort_key:
            continue
        kind = _kind(kept, rev)
        found.append(Finding(kind, number, user_id, int(rev), kept, place, sort_key, name=str(field)))
    for field, place in enumerate(places):
        if place is not None:
            kept = revs.pop(str(field), None)
            found.append(Finding(Kind.STRANGER, number, base + field, kept=kept, place=place, name=str(field)))
    return [*found, *_strangers(number, revs)]


def judge_names(number: int, names: Mapping[str, str] | None, rows: Sequence[PlayerRow]) -> list[Finding]:
    """What differs in a bucket of names. One that is missing is none: whoever misses it reads it from PostgreSQL.

    >>> kept = {"7": "4:ada", "8": "5:bob", "9": "6:cy"}
    >>> [str(finding.kind) for finding in judge_names(0, kept, [(7, "4", "ada"), (8, "4", "bob"), (9, "6", "di")])]
    ['ahead', 'wrong']
    """
    if names is None:
        return [Finding(Kind.FOREIGN, number)]
    found = []
    left = dict(names)
    for user_id, rev, username in rows:
        field = str(user_id - number * keys.BUCKET)
        kept = left.pop(field, None)
        if kept is not None and kept != keys.name_text(rev, username):
            kind = _kind(kept.partition(":")[0], rev)
            found.append(Finding(kind, number, user_id, int(rev), kept, wanted=username, name=field))
    return [*found, *_strangers(number, left)]


def _kind(kept: str | None, rev: str) -> Kind:
    if kept is None:
        return Kind.BEHIND
    if not (kept.isascii() and kept.isdigit()) or len(kept) > _DIGITS or int(kept) > int(rev):
        return Kind.AHEAD
    return Kind.BEHIND if int(kept) < int(rev) else Kind.WRONG


def _strangers(number: int, left: Mapping[str, str]) -> Iterator[Finding]:
    for field, kept in left.items():
        user_id = number * keys.BUCKET + int(field) if field in _FIELDS else None
        yield Finding(Kind.STRANGER, number, user_id, kept=kept, name=field)
