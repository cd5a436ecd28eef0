"""Findings in words. Pure."""

from __future__ import annotations

from scores.ranking import keys
from scores.verification.findings import Finding, Kind


def in_words(what: str, finding: Finding) -> str:
    """A sentence about one finding.

    >>> in_words("ranks of global:all", Finding(Kind.BEHIND, 0, 7, rev=9, kept="5"))
    'ranks of global:all, player 7: Valkey has rev 5, PostgreSQL has rev 9.'
    >>> in_words("ranks of global:all", Finding(Kind.WRONG, 0, 7, rev=9, kept="9", place="-30", wanted=-40.0))
    'ranks of global:all, player 7: Valkey has them at 30 points, PostgreSQL at 40 points.'
    """
    return f"{what}{_who(finding)}: {_what(finding)}."


def _who(finding: Finding) -> str:
    if finding.user_id is not None:
        return f", player {finding.user_id}"
    if finding.bucket is not None:
        first = finding.bucket * keys.BUCKET
        return f", players {first} to {first + keys.BUCKET - 1}"
    return f", member {finding.name!r}" if finding.name else ""


def _what(finding: Finding) -> str:
    match finding.kind:
        case Kind.MISSING:
            return "there are none in Valkey; a worker makes them, where one runs"
        case Kind.FOREIGN:
            return "a key of another type stands in their place in Valkey"
        case Kind.STRANGER:
            return f"Valkey has {_strange(finding)}, PostgreSQL has nothing like it"
        case Kind.WRONG if finding.kept and ":" in finding.kept:
            return f"Valkey has the name {finding.kept!r}, PostgreSQL has {finding.wanted!r} of the same rev"
        case Kind.WRONG:
            return f"Valkey has them {_at(finding.place)}, PostgreSQL {_at(finding.wanted)}"
    kept = "no rev" if finding.kept is None else f"rev {finding.kept}"
    past = ", which it never gave" if finding.kind == Kind.AHEAD else ""
    return f"Valkey has {kept}{past}, PostgreSQL has rev {finding.rev}"


def _strange(finding: Finding) -> str:
    if finding.place is not None:
        return f"a row {_at(finding.place)}"
    return "it" if finding.kept is None else repr(finding.kept)


def _at(sort_key: float | str | None) -> str:
    return "on no place" if sort_key is None else f"at {-float(sort_key):,.0f} points"
