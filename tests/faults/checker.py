"""Judges a history: nothing that was acknowledged is lost, nothing counts twice, nobody was told two stories. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.faults.history import Event

#: What a receipt says about a session may never change, and its timestamp; total score and rank are of the moment.
IMMUTABLE = ("session_id", "user_id", "score", "game_mode")


@dataclass(frozen=True, slots=True)
class Stored:
    """What PostgreSQL holds of the sessions in question, and sums over everything it holds."""

    #: Sessions by game mode, which the load makes the same as the key.
    sessions: Mapping[str, Sequence[Mapping[str, Any]]]
    #: The session of each key.
    keys: Mapping[str, int]
    #: Totals by player: added up from the sessions, and as the standings have them.
    folded: Mapping[int, int]
    standings: Mapping[int, int]
    #: Totals by player in Valkey.
    ranks: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """What one viewer was shown at one time; connections are numbered."""

    connection: int
    epoch: str | None
    seq: int | None


@dataclass(slots=True)
class Findings:
    """What is wrong, in sentences."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    #: Anything else that contradicts what was told.
    wrong: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.duplicated or self.wrong)


def check(events: Iterable[Event], stored: Stored) -> Findings:
    """What the history and the stores say against each other, once all is quiet."""
    findings = Findings()
    by_key: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_key[event.key].append(event)
    for key, told in by_key.items():
        _check_key(key, told, stored, findings)
    for key, sessions in stored.sessions.items():
        if key not in by_key:
            findings.wrong.append(f"{key}: {len(sessions)} sessions that nobody sent")
    _compare("standings, against the sum of sessions", stored.folded, stored.standings, findings)
    _compare("ranks, against the standings", stored.standings, stored.ranks, findings)
    return findings


def check_frames(frames: Iterable[Frame]) -> list[str]:
    """Where a viewer went back in time: within an epoch, no frame of a connection is older than the one before."""
    newest: dict[tuple[int, str], int] = {}
    found = []
    for frame in frames:
        if frame.epoch is None or frame.seq is None:
            continue
        place = (frame.connection, frame.epoch)
        if frame.seq < newest.get(place, frame.seq):
            found.append(f"connection {frame.connection}: seq {frame.seq} after {newest[place]} in epoch {frame.epoch}")
        newest[place] = frame.seq
    return found


def _check_key(key: str, told: Sequence[Event], stored: Stored, findings: Findings) -> None:
    sessions = stored.sessions.get(key, ())
    acknowledged = [event for event in told if event.kind == "ok"]
    if len(sessions) > 1:
        findings.duplicated.append(f"{key}: {len(sessions)} sessions")
    if acknowledged and not sessions:
        findings.lost.append(f"{key}: acknowledged as session {acknowledged[0].receipt['session_id']}, and not there")
    if not acknowledged and sessions and not _may_be_recorded(told):
        findings.wrong.append(f"{key}: recorded, though every answer said that it was not")
    if key in stored.keys and not sessions:
        findings.lost.append(f"{key}: the key leads to session {stored.keys[key]}, which is not there")
    if sessions and stored.keys.get(key) != sessions[0]["session_id"]:
        findings.wrong.append(f"{key}: the key leads to {stored.keys.get(key)}, not to {sessions[0]['session_id']}")
    findings.wrong += _stories(key, told, sessions)


def _stories(key: str, told: Sequence[Event], sessions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where receipts, the session and what was sent do not tell the same."""
    found = []
    of = [event.receipt for event in told if event.kind == "ok"] + list(sessions)
    again = [event for event in told if event.kind == "ok"][1:]
    if not all(event.replayed for event in again):
        found.append(f"{key}: acknowledged as new more than once")
    stories = {_story(each) for each in of}
    if len(stories) > 1:
        found.append(f"{key}: different stories: {sorted(map(str, stories))}")
    scores = {event.session["score"] for event in told if event.kind == "invoke"}
    if sessions and sessions[0]["score"] not in scores:
        found.append(f"{key}: {sorted(scores)} points were sent, {sessions[0]['score']} are recorded")
    return found


def _story(session: Mapping[str, Any]) -> tuple[object, ...]:
    moment = datetime.fromisoformat(str(session["timestamp"]))
    return (*(session[name] for name in IMMUTABLE), moment)


def _may_be_recorded(told: Sequence[Event]) -> bool:
    """Whether a try has no answer, or one that leaves it open."""
    kinds = Counter(event.kind for event in told)
    return kinds["info"] > 0 or kinds["invoke"] > kinds["ok"] + kinds["fail"] + kinds["info"]


def _compare(what: str, wanted: Mapping[int, int], found: Mapping[int, int], findings: Findings) -> None:
    for user_id in wanted.keys() | found.keys():
        if wanted.get(user_id) != found.get(user_id):
            findings.wrong.append(f"{what}: player {user_id} has {found.get(user_id)}, not {wanted.get(user_id)}")
