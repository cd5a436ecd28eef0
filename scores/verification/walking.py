"""Looks at everything of a subject once, a bounded piece at a time, and at what differed once more later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from scores.verification.findings import Finding, Kind
from scores.verification.subjects import Look, Subject

_MEMBERS: Final = 1_000  # that are no player's, of one look


def walk(subject: Subject, buckets: int) -> Iterator[Look]:
    """Look at everything once, at so many buckets at a time; some of the looks see nothing.

    Raises:
        RanksUnavailable: Valkey does not answer.
        django.db.Error: PostgreSQL does not answer.
    """
    yield subject.look([])  # at what all of it rests on
    seen: set[int] = set()  # a few dozen bytes for 128 players
    after = -1
    while numbers := subject.following(after, buckets):
        yield subject.look(numbers)
        seen.update(numbers)
        after = numbers[-1]
    for kept in subject.kept():
        unseen = sorted(set(kept.numbers) - seen)
        seen.update(unseen)
        yield Look(0)
        yield from _looks(subject, unseen, kept.members, buckets)


def look_again(subject: Subject, findings: Sequence[Finding], buckets: int) -> Iterator[list[Finding]]:
    """Those of the findings that are still there, a bounded piece at a time; see `Finding.confirms`.

    Raises:
        RanksUnavailable: Valkey does not answer.
        django.db.Error: PostgreSQL does not answer.
    """
    earlier = {finding.key: finding for finding in findings}
    looks = [] if all(map(_is_of_a_part, findings)) else [subject.look([])]
    numbers = sorted({finding.bucket for finding in findings if finding.bucket is not None})
    members = [finding.name for finding in findings if finding.bucket is None and finding.name]
    for look in chain(looks, _looks(subject, numbers, members, buckets)):
        again = ((finding, earlier.get(finding.key)) for finding in look.findings)
        # What is behind must come to where PostgreSQL was at the first look, not at the last.
        yield [
            then if finding.kind == Kind.BEHIND else finding
            for finding, then in again
            if then is not None and finding.confirms(then)
        ]


def _is_of_a_part(finding: Finding) -> bool:
    return finding.bucket is not None or finding.name != ""


def _looks(subject: Subject, numbers: Sequence[int], members: Sequence[str], buckets: int) -> Iterator[Look]:
    for begin in range(0, len(numbers), buckets):
        yield subject.look(numbers[begin : begin + buckets])
    for begin in range(0, len(members), _MEMBERS):
        yield subject.look([], members[begin : begin + _MEMBERS])
