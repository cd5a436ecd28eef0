"""What Valkey has copies of: the ranks of a window, and the names. Each is looked at by buckets of players.

A look reads Valkey first and PostgreSQL after it. So whatever Valkey has was committed by then: a rev that
PostgreSQL lacks is wrong for certain, however fast everything changes, and only what is older may be on its way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from scores import boards
from scores.boards import WindowRef
from scores.models import Player, Standing
from scores.ranking import inspecting, keys
from scores.ranking.watermarks import stands
from scores.unhurried import count
from scores.verification import judging, reading
from scores.verification.findings import Finding, Kind


@dataclass(frozen=True, slots=True)
class Look:
    """What one look saw: how many rows of PostgreSQL's, and what differed."""

    compared: int
    findings: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """Some of what Valkey has: the buckets that it lies in, and members that are no player's."""

    numbers: Sequence[int]
    members: Sequence[str] = ()


class Subject(Protocol):
    """What is compared."""

    @property
    def what(self) -> str:
        """Its name, for people."""

    def count(self) -> int:
        """How many rows PostgreSQL has."""

    def following(self, after: int, limit: int) -> list[int]:
        """The next buckets in which PostgreSQL has something, behind `after`; none: that was all."""

    def kept(self) -> Iterator[Kept]:
        """Everything that Valkey has, in bunches; what comes or goes meanwhile may be left out."""

    def states(self) -> list[str]:
        """The states of PostgreSQL, snapshots, up to which Valkey claims to be complete; none where it claims nothing.

        Raises:
            RanksUnavailable: Valkey does not answer.
        """

    def shown_in(self, states: list[str], user_ids: list[int]) -> set[int]:
        """Those of the players whose rows, as they are now, all of these states show."""

    def look(self, numbers: Sequence[int], members: Sequence[str] = ()) -> Look:
        """Compare these buckets, and look for these members; without any, at what all of it rests on.

        Raises:
            RanksUnavailable: Valkey does not answer.
            django.db.Error: PostgreSQL does not answer.
        """


@dataclass(frozen=True, slots=True)
class Ranks:
    """The ranks of one window, with the standings."""

    window: WindowRef

    @property
    def what(self) -> str:
        """As `Subject.what`."""
        return f"ranks of {self.window.board}:{self.window.window}"

    def count(self) -> int:
        """As `Subject.count`."""
        return count(Standing.objects.filter(window_id=self.window.id))

    def following(self, after: int, limit: int) -> list[int]:
        """As `Subject.following`."""
        return reading.standing_buckets(self.window.id, after=after, limit=limit)

    def kept(self) -> Iterator[Kept]:
        """As `Subject.kept`."""
        generation = inspecting.inspect(self.window, []).generation
        if generation is None:
            return
        for numbers in inspecting.rev_buckets(self.window, generation):
            yield Kept(numbers)
        for members in inspecting.members(self.window, generation):
            players = [member for member in members if keys.is_member(member)]
            others = [] if len(players) == len(members) else [each for each in members if not keys.is_member(each)]
            yield Kept([int(member) // keys.BUCKET for member in players], others)

    def states(self) -> list[str]:
        """As `Subject.states`."""
        return _states([self.window])

    def shown_in(self, states: list[str], user_ids: list[int]) -> set[int]:
        """As `Subject.shown_in`."""
        return reading.standings_shown_in(states, self.window.id, user_ids)

    def look(self, numbers: Sequence[int], members: Sequence[str] = ()) -> Look:
        """As `Subject.look`."""
        inspected = inspecting.inspect(self.window, numbers, members)
        rows = reading.standings_of(self.window.id, numbers)
        compared = sum(map(len, rows.values()))
        if inspected.is_foreign:
            return Look(compared, [Finding(Kind.FOREIGN)])
        if inspected.generation is None:
            # A window that nobody has played in yet lacks nothing.
            has_players = bool(compared) if numbers else bool(self.following(-1, 1))
            return Look(compared, [Finding(Kind.MISSING)] if has_players else [])
        findings = [Finding(Kind.STRANGER, name=member) for member in inspected.members]
        for number, bucket in inspected.buckets.items():
            findings += judging.judge_ranks(number, bucket, rows[number])
        return Look(compared, findings)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of all players."""

    @property
    def what(self) -> str:
        """As `Subject.what`."""
        return "names"

    def count(self) -> int:
        """As `Subject.count`."""
        return count(Player.objects.all())

    def following(self, after: int, limit: int) -> list[int]:
        """As `Subject.following`."""
        return reading.player_buckets(after=after, limit=limit)

    def kept(self) -> Iterator[Kept]:
        """As `Subject.kept`."""
        return map(Kept, inspecting.name_buckets())

    def states(self) -> list[str]:
        """As `Subject.states`."""
        return _states(boards.live())

    def shown_in(self, states: list[str], user_ids: list[int]) -> set[int]:
        """As `Subject.shown_in`."""
        return reading.players_shown_in(states, user_ids)

    def look(self, numbers: Sequence[int], members: Sequence[str] = ()) -> Look:
        """As `Subject.look`."""
        inspected = inspecting.inspect_names(numbers)
        rows = reading.players_of(numbers)
        findings: list[Finding] = []
        for number, names in inspected.items():
            findings += judging.judge_names(number, names, rows[number])
        return Look(sum(map(len, rows.values())), findings)


def _states(windows: Sequence[WindowRef]) -> list[str]:
    told = [stand and stand.watermark for stand in stands(windows).values()]
    states = [watermark.snapshot for watermark in told if watermark and watermark.is_legible]
    return states if len(states) == len(told) else []
