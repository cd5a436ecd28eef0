"""Does at random what clients, moderators, operators, crashes and hands do, to the model and to the real thing."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import redis
from django.conf import settings as django_settings
from django.db import connections
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from scores import archive, boards, failpoints, ledger
from scores.errors import RanksUnavailable, Refused
from scores.ledger import Receipt, SubmittedSession
from scores.ledger.settle import Settled, settle
from scores.models import Client, Player, Standing
from scores.ranking import from_sql, reads
from scores.ranking.projecting import project
from scores.ranking.rebuilding import rebuild
from scores.reconciler import reconcile
from scores.rows import Page
from scores.verification import compare, sweep
from tests.conftest import _empty
from tests.ledger import Heard
from tests.model.hands import HANDS, tamper
from tests.model.leaderboard import MAXIMUM, Expected, Leaderboard, Row, State, Submitted

NAMES = ("ann", "bea", "cid", "dot", "eve")
REASON = "said so"

whom = st.integers(0, 7)  # one of those who are there
which = st.integers(0, 30)  # one of the sessions that are there
keys_ = st.none() | st.sampled_from(["k0", "k1", "k2", "k3", "k4"])
at_once = st.sampled_from([True, True, False])  # whether the write after the commit happens
submissions = st.builds(
    lambda who, **more: (who, more),
    st.one_of(whom, st.sampled_from(NAMES)),
    may_create=st.sampled_from([True, True, False]),
    score=st.sampled_from([0, 1, 1, 5, 10, 10, 40, MAXIMUM]),
    outcome=st.sampled_from([None, "win", "loss"]),
    key=keys_,
)


class Seen:
    """What boards may show of each player until everything is settled: nothing that was over before."""

    def __init__(self) -> None:
        self.totals: dict[int, set[int]] = defaultdict(set)
        self.names: dict[int, set[str]] = defaultdict(set)

    def add(self, model: Leaderboard) -> None:
        for user_id, name, _, total in model.board():
            self.totals[user_id].add(total)
            self.names[user_id].add(name)
        for user_id, player in model.players.items():
            self.names[user_id].add(player.name)


class LeaderboardMachine(RuleBasedStateMachine):
    """The real leaderboard beside its model."""

    def __init__(self) -> None:
        super().__init__()
        _empty()
        self._ends = ExitStack()
        self.heard = self._ends.enter_context(Heard())
        self.directory = Path(self._ends.enter_context(tempfile.TemporaryDirectory()))
        self.arena = Client.objects.create(name="arena")
        self.moderator = Player.objects.create(username="maria", is_staff=True)
        self.model = Leaderboard()
        self.receipts: dict[int, Receipt] = {}  # the first one of each session
        self.has_ranks = False
        self.is_tampered = False
        self.is_exact = False  # nothing is on its way
        self.seen = Seen()
        self.saved: tuple[dict[bytes, bytes], Seen, bool, bool] | None = None
        self.archived: tuple[Path, Leaderboard] | None = None
        self.restores = 0

    @override
    def teardown(self) -> None:
        try:
            self.settle_and_compare()
            for key in list(self.model.keys):
                self._retry(key)
        finally:
            failpoints.arm("")
            self._ends.close()

    @initialize(ranks=st.booleans())
    def begin(self, ranks: bool) -> None:
        if ranks:
            self.reconcile()

    # Clients

    @rule(what=submissions, at_once=at_once)
    def submit(self, what: tuple[int | str, dict[str, Any]], at_once: bool) -> None:
        self._submit([what], at_once=at_once)

    @rule(what=st.lists(submissions, min_size=2, max_size=5), at_once=at_once)
    def submit_batch(self, what: list[tuple[int | str, dict[str, Any]]], at_once: bool) -> None:
        keys: set[str] = set()
        for _, more in what:
            if more["key"] in keys:
                more["key"] = None  # the committer sees to it: the same key never runs twice at a time
            elif more["key"]:
                keys.add(more["key"])
        self._submit(what, at_once=at_once)

    @precondition(lambda self: self.model.keys)
    @rule(number=which, at_once=at_once)
    def retry(self, number: int, at_once: bool) -> None:
        with self._road(at_once):
            self._retry(_one_of(list(self.model.keys), number))

    @precondition(lambda self: self.model.keys)
    @rule(number=which)
    def retry_with_another_body(self, number: int) -> None:
        key = _one_of(list(self.model.keys), number)
        asked, _ = self.model.keys[key]
        self._check([replace(asked, score=2 if asked.score == 1 else 1)])

    # Moderators

    @precondition(lambda self: self.model.sessions)
    @rule(numbers=st.lists(which, min_size=1, max_size=3), voided=st.booleans(), at_once=at_once)
    def void_or_unvoid(self, numbers: list[int], voided: bool, at_once: bool) -> None:
        chosen = list(dict.fromkeys(_one_of(self.model.sessions, number) for number in numbers))
        decide = ledger.void_sessions if voided else ledger.unvoid_sessions
        session_ids = [session.id for session in chosen]
        with self._road(at_once):
            real = _code(lambda: decide(session_ids=session_ids, by=self.moderator.id, reason=REASON))
        assert real == self.model.void(chosen, voided=voided)
        self._changed(at_once)

    @precondition(lambda self: self.model.players)
    @rule(who=whom, banned=st.booleans(), at_once=at_once)
    def ban_or_unban(self, who: int, banned: bool, at_once: bool) -> None:
        user_id = self._player(who)
        decide: Callable[..., bool] = ledger.ban if banned else ledger.unban
        state: State = "banned" if banned else "active"
        with self._road(at_once):
            real = _code(lambda: decide(user_id=user_id, by=self.moderator.id, reason=REASON))
        assert real == self.model.set_state(user_id, state)
        self._changed(at_once)

    @precondition(lambda self: self.model.players)
    @rule(who=whom, name=st.sampled_from(NAMES), at_once=at_once)
    def rename(self, who: int, name: str, at_once: bool) -> None:
        user_id = self._player(who)
        with self._road(at_once):
            real = _code(lambda: ledger.rename(user_id=user_id, username=name, by=self.moderator.id, reason=REASON))
        assert real == self.model.rename(user_id, name)
        self._changed(at_once)

    @precondition(lambda self: self.model.players)
    @rule(who=whom, at_once=at_once)
    def erase(self, who: int, at_once: bool) -> None:
        user_id = self._player(who)
        with self._road(at_once):
            real = _code(lambda: ledger.erase(user_id=user_id, by=self.moderator.id, reason=REASON))
        assert real == self.model.erase(user_id)
        self._changed(at_once)

    @precondition(lambda self: self.model.players)
    @rule(who=whom, points=st.sampled_from([-40, -10, -1, 0, 3, MAXIMUM]), at_once=at_once)
    def adjust(self, who: int, points: int, at_once: bool) -> None:
        user_id = self._player(who)
        with self._road(at_once):
            real = _code(lambda: ledger.adjust(user_id=user_id, points=points, by=self.moderator.id, reason=REASON))
        expected = self.model.adjust(user_id, points)
        if isinstance(expected, str):
            assert real == expected
        else:
            assert isinstance(real, int)
            expected.id = real
        self._changed(at_once)

    # What happens to servers

    @rule()
    def flush_valkey(self) -> None:
        with _valkey() as raw:
            raw.flushall()
        self.has_ranks = self.is_tampered = False

    @rule()
    def save_valkey(self) -> None:
        with _valkey() as raw:
            contents = {key: raw.dump(key) or b"" for key in raw.scan_iter()}
        self.saved = (contents, deepcopy(self.seen), self.has_ranks, self.is_tampered)

    @precondition(lambda self: self.saved)
    @rule()
    def bring_valkey_back_to_where_it_was(self) -> None:
        assert self.saved is not None
        contents, seen, self.has_ranks, self.is_tampered = self.saved
        with _valkey() as raw:
            raw.flushall()
            for key, value in contents.items():
                raw.restore(key, 0, value)
        self.seen = deepcopy(seen)
        self.is_exact = False
        self._changed(at_once=False)

    @precondition(lambda self: self.has_ranks and self.model.players)
    @rule(hands=st.lists(st.tuples(st.sampled_from(range(len(HANDS))), whom), min_size=1, max_size=4), at_once=at_once)
    def put_hands_in_valkey(self, hands: list[tuple[int, int]], at_once: bool) -> None:
        for hand, who in hands:
            with suppress(RanksUnavailable):  # where another hand was before
                tamper(hand, self._player(who))
        self.is_tampered = True
        if at_once:
            self.settle_and_compare()

    @precondition(lambda self: self.heard)
    @rule(number=which, everything=st.booleans())
    def wake_up_and_project_what_is_old(self, number: int, everything: bool) -> None:
        for committed in reversed(self.heard) if everything else [_one_of(self.heard, number)]:
            with suppress(RanksUnavailable):
                project(committed)

    @rule()
    def rebuild(self) -> None:
        with suppress(RanksUnavailable):
            rebuild(boards.current(boards.GLOBAL))
            self.has_ranks = True

    @rule(what=submissions, at_once=at_once)
    def rebuild_while_they_play(self, what: tuple[int | str, dict[str, Any]], at_once: bool) -> None:
        def play(players: int) -> None:
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(self._submit, [what], at_once=at_once).result(30)
                elsewhere.submit(connections.close_all).result(10)

        with suppress(RanksUnavailable):
            rebuild(boards.current(boards.GLOBAL), progress=play)
            self.has_ranks = True

    @rule()
    def reconcile(self) -> None:
        try:
            reconcile()
        except RanksUnavailable:
            assert self.is_tampered
            return
        self.has_ranks = True
        if not self.is_tampered:
            self._is_settled()

    @precondition(lambda self: self.archived is None and self.model.sessions)
    @rule()
    def take_an_archive(self) -> None:
        path = self.directory / "archive.tar"
        archive.snapshot(path)
        self.archived = (path, deepcopy(self.model))

    @precondition(lambda self: self.archived is not None and self.restores == 0)
    @rule()
    def lose_postgresql_and_restore_the_archive(self) -> None:
        assert self.archived is not None
        path, model = self.archived
        erased = [user_id for user_id, player in self.model.players.items() if player.state == "erased"]
        archive.erasures.write_down(path.parent)
        with _valkey() as raw:
            contents = {key: raw.dump(key) or b"" for key in raw.scan_iter()}
            _empty()
            for key, value in contents.items():
                raw.restore(key, 0, value)
        archive.restore(path)
        for user_id in erased:
            if user_id in model.players:
                model.erase(user_id)
        self.model = deepcopy(model)
        self.receipts = {session.id: self.receipts[session.id] for session in model.sessions if session.kind == "game"}
        self.heard.clear()
        self.restores += 1
        self._changed(at_once=False)

    # What must hold

    @rule()
    def settle_and_compare(self) -> None:
        if self.is_tampered:
            with suppress(RanksUnavailable):
                reconcile()
            sweep(patience_s=0)
            self.is_tampered = False
        self.reconcile()
        board = self.model.board()
        window = boards.current(boards.GLOBAL)
        assert _rows(from_sql.top(window, limit=100, offset=0)) == board
        for user_id, _, rank, total in board:
            [row] = reads.rank(boards.GLOBAL, user_id).rows
            assert (row.rank, row.total_score) == (rank, total)
        standings = Standing.objects.values_list("user_id", "total_score", "games", "wins", "hidden")
        assert set(standings) == {
            (user_id, self.model.total(user_id), *self.model.games(user_id), player.state != "active")
            for user_id, player in self.model.players.items()
            if player.plays
        }
        assert compare(pause=lambda: None).examples == []

    @invariant()
    def no_board_shows_what_was_over_before_everything_was_settled(self) -> None:
        if self.is_tampered:
            return
        page = reads.top(boards.GLOBAL, limit=100)
        assert (page.source == "ranks") == self.has_ranks
        if page.source == "sql" or self.is_exact:
            assert _rows(page) == self.model.board()
            assert page.players == len(page.rows)
            return
        for row in page.rows:
            assert row.total_score in self.seen.totals[row.user_id]
            assert row.username in self.seen.names[row.user_id]

    # How it is done

    def _submit(self, what: Sequence[tuple[int | str, dict[str, Any]]], *, at_once: bool) -> None:
        batch = [
            Submitted(user_id=None, name=who, **more)
            if isinstance(who, str)
            else Submitted(user_id=self._player(who), name=None, **more)
            for who, more in what
        ]
        with self._road(at_once):
            self._check(batch)
        self._changed(at_once)

    def _retry(self, key: str) -> None:
        asked, _ = self.model.keys[key]
        self._check([replace(asked, may_create=False)])

    def _check(self, batch: Sequence[Submitted]) -> None:
        answers = settle([self._session(each) for each in batch])
        expected = self.model.submit(batch, lambda name: Player.objects.get(username=name).pk)
        # In the order in which they were recorded: the first receipt of a session teaches its id.
        for answer, wanted in zip(answers, expected, strict=True):
            self._check_answer(answer, wanted)

    def _check_answer(self, answer: Settled, wanted: Expected) -> None:
        if wanted.session is None:
            assert isinstance(answer, Refused), answer
            assert answer.code == wanted.code
            return
        assert isinstance(answer, Receipt), answer
        player = self.model.players[wanted.session.user_id]
        wanted.session.id = wanted.session.id or answer.session_id
        first = self.receipts.setdefault(wanted.session.id, answer)
        assert _immutable(answer) == _immutable(first)
        assert (answer.session_id, answer.user_id) == (wanted.session.id, wanted.session.user_id)
        assert (answer.score, answer.outcome) == (wanted.session.score, wanted.session.outcome)
        assert (answer.username, answer.replayed) == (player.name, wanted.replayed)
        assert (answer.total_score, answer.status) == (wanted.total, wanted.status)
        if self.is_exact and self.has_ranks and not self.is_tampered and not self._leaves_out:
            assert answer.rank == wanted.rank
        if not self.has_ranks:
            assert answer.rank is None

    def _session(self, each: Submitted) -> SubmittedSession:
        return SubmittedSession(
            client_id=self.arena.pk,
            score=each.score,
            game_mode="survival",
            user_id=each.user_id,
            username=each.name,
            may_create_player=each.may_create,
            outcome=each.outcome,  # type: ignore[arg-type]
            idempotency_key=each.key,
        )

    _leaves_out = False

    @contextmanager
    def _road(self, at_once: bool) -> Iterator[None]:
        """What is committed within goes into Valkey at once, or only when somebody reconciles."""
        self._leaves_out = not at_once
        failpoints.arm("" if at_once else "write_after_commit=skip")
        try:
            yield
        finally:
            self._leaves_out = False
            failpoints.arm("")

    def _changed(self, at_once: bool) -> None:
        self.is_exact = self.is_exact and at_once and not self.is_tampered
        self.seen.add(self.model)
        if self.saved is not None:
            self.saved[1].add(self.model)  # rows of then and since may meet, where the tail is lost

    def _is_settled(self) -> None:
        self.is_exact = True
        self.seen = Seen()
        self.seen.add(self.model)

    def _player(self, number: int) -> int:
        """One of the players; with none there, nobody's id."""
        return _one_of(sorted(self.model.players), number) if self.model.players else 9_999


def _one_of(things: Sequence[Any], number: int) -> Any:
    return things[number % len(things)]


def _code(decide: Callable[[], Any]) -> Any:
    """What the decision gives, or the code of its refusal."""
    try:
        return decide()
    except Refused as refusal:
        return refusal.code


def _rows(page: Page) -> list[Row]:
    return [(row.user_id, row.username, row.rank, row.total_score) for row in page.rows]


def _immutable(receipt: Receipt) -> tuple[object, ...]:
    return receipt.session_id, receipt.user_id, receipt.score, receipt.game_mode, receipt.outcome, receipt.timestamp


def _valkey() -> redis.Redis:
    return redis.Redis.from_url(django_settings.REDIS_URL)
