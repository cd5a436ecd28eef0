"""Brings what differs back by the road that everything takes: a new rev, or a rebuild where that is not enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import structlog

from scores import failpoints, ledger
from scores.boards import WindowRef
from scores.changes import NameChange
from scores.ranking import epochs, keys, mending
from scores.ranking.mending import Stranger
from scores.ranking.rebuilding import RebuildAborted, rebuild
from scores.verification import reading
from scores.verification.findings import Finding, Kind
from scores.verification.judging import PlayerRow
from scores.verification.subjects import Names, Ranks, Subject

#: More at once than that, and a rebuild is the shorter way.
_MANY: Final = 500
_AT_ONCE: Final = 100  # players, without a rest

log = structlog.get_logger(__name__)


def repair(subject: Subject, findings: Sequence[Finding], rest: Callable[[], None]) -> int:
    """Repair what was found, and seen twice; give how many of them. `rest` is called now and then.

    Raises:
        RanksUnavailable: Valkey does not answer.
        django.db.Error: PostgreSQL does not answer.
    """
    if not findings or failpoints.reach("sweep_repair"):
        return 0
    if isinstance(subject, Ranks):
        return _repair_ranks(subject.window, findings, rest)
    assert isinstance(subject, Names)
    for number, finding in enumerate(findings, start=1):
        _repair_name(finding)
        if number % _AT_ONCE == 0:
            rest()
    return len(findings)


def _repair_ranks(window: WindowRef, findings: Sequence[Finding], rest: Callable[[], None]) -> int:
    kinds = {finding.kind for finding in findings}
    # A rev that PostgreSQL never gave is of another past, and so may be everything beside it.
    if kinds & {Kind.AHEAD, Kind.FOREIGN} or len(findings) > _MANY:
        return len(findings) if _rebuilt(window) else 0
    epochs.doubt(window)  # while something wrong stood in the visible top, steps were told that left somebody out
    if strangers := [_stranger(finding) for finding in findings if finding.kind == Kind.STRANGER]:
        mending.remove(window, strangers)
    others = [finding.user_id for finding in findings if finding.kind != Kind.STRANGER]
    for number, user_id in enumerate(others, start=1):
        assert user_id is not None
        ledger.touch(user_id)
        if number % _AT_ONCE == 0:
            rest()
    return len(findings)


def _rebuilt(window: WindowRef) -> bool:
    mending.clear_foreign_meta(window)
    try:
        rebuild(window)
    except RebuildAborted as error:
        log.info("no rebuild now", reason=str(error))
        return False
    return True


def _stranger(finding: Finding) -> Stranger:
    if finding.bucket is None:
        return Stranger("", "", "", finding.name)
    member = "" if finding.place is None or finding.user_id is None else keys.member(finding.user_id)
    return Stranger(str(finding.bucket), finding.name, finding.kept or "", member)


def _repair_name(finding: Finding) -> None:
    assert finding.bucket is not None
    players = [NameChange(user_id, name, int(rev)) for user_id, rev, name in _players(finding.bucket)]
    if finding.kind == Kind.FOREIGN:
        mending.exchange_foreign_names(finding.bucket, players)
        return
    right = next((player for player in players if player.user_id == finding.user_id), None)
    mending.exchange_name(finding.bucket, finding.name, finding.kept or "", right)
    if right is not None:
        ledger.touch(right.user_id)  # so that the boards which show the player show the name


def _players(number: int) -> Sequence[PlayerRow]:
    return reading.players_of([number])[number]
