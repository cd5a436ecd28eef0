"""A leaderboard in a hundred lines: what the real one must do, without all that makes it fast and safe. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

MAXIMUM = 2**53 - 1

State = Literal["active", "banned", "erased"]
Row = tuple[int, str, int, int]  # user id, name, rank, total


@dataclass
class Player:
    name: str
    state: State = "active"
    plays: bool = False  # whether a session of theirs ever counted


@dataclass(eq=False)
class Session:
    user_id: int
    score: int
    kind: str = "game"
    outcome: str | None = None
    voided: bool = False
    id: int = 0  # learned from the receipt


@dataclass(frozen=True)
class Submitted:
    """What a client asks for: the player by id or by name."""

    user_id: int | None
    name: str | None
    may_create: bool
    score: int
    outcome: str | None
    key: str | None

    @property
    def body(self) -> tuple[object, ...]:
        """What the same key must not stand for another of."""
        return self.user_id, self.name, self.score, self.outcome


@dataclass
class Expected:
    """What must come back: a code where it is refused, else the receipt's content."""

    code: str = ""
    session: Session | None = None
    replayed: bool = False
    total: int = 0
    rank: int | None = None
    status: str = ""


@dataclass
class Leaderboard:
    players: dict[int, Player] = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)
    keys: dict[str, tuple[Submitted, Session]] = field(default_factory=dict)

    # What is to be seen

    def total(self, user_id: int) -> int:
        return sum(session.score for session in self._counting(user_id))

    def games(self, user_id: int) -> tuple[int, int]:
        """Games, and how many of them were won."""
        games = [session for session in self._counting(user_id) if session.kind == "game"]
        return len(games), sum(session.outcome == "win" for session in games)

    def board(self) -> list[Row]:
        shown = {
            user_id: self.total(user_id)
            for user_id, player in self.players.items()
            if player.plays and player.state == "active"
        }
        ordered = sorted(shown.items(), key=lambda item: (-item[1], item[0]))
        return [
            (user_id, self.players[user_id].name, 1 + sum(other > total for other in shown.values()), total)
            for user_id, total in ordered
        ]

    def rank(self, user_id: int) -> int | None:
        return next((rank for shown, _, rank, _ in self.board() if shown == user_id), None)

    # What clients do

    def submit(self, batch: Sequence[Submitted], id_of: Callable[[str], int]) -> list[Expected]:
        """Record a batch; where it cannot be as a whole, its halves."""
        players = {user_id: replace(player) for user_id, player in self.players.items()}
        sessions, keys = list(self.sessions), dict(self.keys)
        answers = self._record(batch, id_of)
        if all(self.total(user_id) <= MAXIMUM for user_id in self.players):
            return answers
        self.players, self.sessions, self.keys = players, sessions, keys
        if len(batch) == 1:
            return [Expected("total_out_of_range")]
        middle = len(batch) // 2
        return self.submit(batch[:middle], id_of) + self.submit(batch[middle:], id_of)

    def _record(self, batch: Sequence[Submitted], id_of: Callable[[str], int]) -> list[Expected]:
        for each in batch:
            if each.name is not None and each.may_create and self._named(each.name) is None:
                self.players[id_of(each.name)] = Player(each.name)
        before = {user_id: self.total(user_id) for user_id in self.players}  # which is what a replay tells
        answers = [self._answer(each, before) for each in batch]
        for answer in answers:
            if answer.session is not None:
                answer.total = answer.total if answer.replayed else self.total(answer.session.user_id)
                answer.rank = self.rank(answer.session.user_id)
                answer.status = self._status(answer.session)
        return answers

    def _answer(self, each: Submitted, before: Mapping[int, int]) -> Expected:
        user_id = each.user_id if each.name is None else self._named(each.name)
        if user_id is None or user_id not in self.players or self.players[user_id].state == "erased":
            return Expected("unknown_player")
        if each.key is not None and each.key in self.keys:
            asked, session = self.keys[each.key]
            if asked.body != each.body:
                return Expected("idempotency_key_reused")
            return Expected(session=session, replayed=True, total=before[session.user_id])
        session = Session(user_id, each.score, outcome=each.outcome)
        self.sessions.append(session)
        self.players[user_id].plays = True
        if each.key is not None:
            self.keys[each.key] = (each, session)
        return Expected(session=session)

    def _status(self, session: Session) -> str:
        if self.players[session.user_id].state != "active":
            return "banned"
        return "voided" if session.voided else "recorded"

    # What moderators do; the answers are those of the ledger, a text is the code of a refusal

    def void(self, sessions: Sequence[Session], *, voided: bool) -> int | str:
        changing = [session for session in sessions if session.voided != voided]
        for session in changing:
            session.voided = voided
        if not all(0 <= self.total(session.user_id) <= MAXIMUM for session in changing):
            for session in changing:
                session.voided = not voided
            return "total_out_of_range"
        return len(changing)

    def adjust(self, user_id: int, points: int) -> Session | str:
        if points == 0:
            return "score_out_of_range"
        if self.players[user_id].state == "erased":
            return "unknown_player"
        if not 0 <= self.total(user_id) + points <= MAXIMUM:
            return "total_out_of_range"
        session = Session(user_id, points, kind="adjustment")
        self.sessions.append(session)
        self.players[user_id].plays = True
        return session

    def set_state(self, user_id: int, state: State) -> bool | str:
        player = self.players[user_id]
        if player.state == "erased":
            return "unknown_player"
        changed, player.state = player.state != state, state
        return changed

    def erase(self, user_id: int) -> str | None:
        if self.set_state(user_id, "erased") == "unknown_player":
            return "unknown_player"
        self.players[user_id].name = f"Deleted player {user_id}"
        return None

    def rename(self, user_id: int, name: str) -> bool | str:
        player = self.players[user_id]
        if player.state == "erased":
            return "unknown_player"
        if player.name == name:
            return False
        if self._named(name) is not None:
            return "name_taken"
        player.name = name
        return True

    def _counting(self, user_id: int) -> list[Session]:
        return [session for session in self.sessions if session.user_id == user_id and not session.voided]

    def _named(self, name: str) -> int | None:
        return next((user_id for user_id, player in self.players.items() if player.name == name), None)
