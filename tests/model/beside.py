"""The real leaderboard beside its model: how both are told the same, and what must hold of them."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from typing_extensions import override

from scores import boards, failpoints
from scores.errors import RanksUnavailable, Refused
from scores.ledger import Receipt, SubmittedSession
from scores.ledger.settle import Settled, settle
from scores.models import Client, Player, Standing
from scores.ranking import from_sql, reads
from scores.reconciler import reconcile
from scores.rows import Page
from scores.verification import compare, sweep
from tests.conftest import _empty
from tests.ledger import Heard
from tests.model.leaderboard import MAXIMUM, Expected, Leaderboard, Row, Submitted

NAMES = ("ann", "bea", "cid", "dot", "eve")

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


class Beside(RuleBasedStateMachine):
    """What a state of the machine is, and everything that its rules share."""

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

    # What makes it right

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
        return one_of(sorted(self.model.players), number) if self.model.players else 9_999


def one_of(things: Sequence[Any], number: int) -> Any:
    """The thing of that number, counted round and round."""
    return things[number % len(things)]


def code(decide: Callable[[], Any]) -> Any:
    """What the decision gives, or the code of its refusal."""
    try:
        return decide()
    except Refused as refusal:
        return refusal.code


def _rows(page: Page) -> list[Row]:
    return [(row.user_id, row.username, row.rank, row.total_score) for row in page.rows]


def _immutable(receipt: Receipt) -> tuple[object, ...]:
    return receipt.session_id, receipt.user_id, receipt.score, receipt.game_mode, receipt.outcome, receipt.timestamp
