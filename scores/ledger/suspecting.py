"""Finds the sessions of a batch that break a rule, before they are recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from scores import boards
from scores.ledger.statements import Statements
from scores.models import SuspicionRule
from scores.suspicion import Rule

_MINUTE: Final = timedelta(minutes=1)
_BY_RATE: Final = {SuspicionRule.Kind.GAIN_PER_MINUTE, SuspicionRule.Kind.SESSIONS_PER_MINUTE}


class Played(Protocol):
    """What the rules look at."""

    @property
    def session_id(self) -> int: ...  # noqa: D102
    @property
    def user_id(self) -> int: ...  # noqa: D102
    @property
    def score(self) -> int: ...  # noqa: D102
    @property
    def timestamp(self) -> datetime: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a session broke, and what was observed."""

    rule: Rule
    observed: int


def suspect(
    statements: Statements, sessions: Sequence[Played], rules: Sequence[Rule]
) -> Mapping[int, Sequence[Finding]]:
    """The findings about each suspicious session, by session id; most batches have none.

    The minute of a session ends with its timestamp and holds what is recorded already and what
    stands before it in the batch. Two batches under way at once do not see each other: the next
    session then finds both.
    """
    if not rules or not sessions:
        return {}
    recent = [(0, 0)] * len(sessions)
    if any(rule.kind in _BY_RATE for rule in rules):
        recent = statements.run(
            "recent_sessions",
            user_ids=[session.user_id for session in sessions],
            moments=[session.timestamp for session in sessions],
        ).rows()
    found: dict[int, Sequence[Finding]] = {}
    in_front: dict[int, list[Played]] = {}
    for session, (number, points) in zip(sessions, recent, strict=True):
        others = in_front.setdefault(session.user_id, [])
        before = [other for other in others if _MINUTE > session.timestamp - other.timestamp >= timedelta()]
        others.append(session)
        observed = {
            SuspicionRule.Kind.SCORE: session.score,
            SuspicionRule.Kind.SESSIONS_PER_MINUTE: number + len(before) + 1,
            SuspicionRule.Kind.GAIN_PER_MINUTE: points + sum(other.score for other in before) + session.score,
        }
        findings = [
            Finding(rule, observed[SuspicionRule.Kind(rule.kind)])
            for rule in rules
            if observed[SuspicionRule.Kind(rule.kind)] > rule.threshold and _counts_on(rule.board, session.timestamp)
        ]
        if findings:
            found[session.session_id] = findings
    return found


def write_down(statements: Statements, sessions: Sequence[Played], found: Mapping[int, Sequence[Finding]]) -> None:
    """Put what was found into the moderators' queue."""
    rows = [(session, finding) for session in sessions for finding in found.get(session.session_id, ())]
    if not rows:
        return
    statements.run(
        "insert_suspicions",
        session_ids=[session.session_id for session, _ in rows],
        player_ids=[session.user_id for session, _ in rows],
        board_ids=[finding.rule.board_id for _, finding in rows],
        kinds=[finding.rule.kind for _, finding in rows],
        thresholds=[finding.rule.threshold for _, finding in rows],
        observed=[finding.observed for _, finding in rows],
        held=[finding.rule.hold for _, finding in rows],
    )


def _counts_on(board: str, moment: datetime) -> bool:
    return any(window.board == board and window.takes(moment) for window in boards.live())
