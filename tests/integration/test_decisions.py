"""Moderators' decisions: what they do to the ledger and the boards, and what the audit trail keeps of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from scores import boards, ledger, names
from scores.errors import Refused
from scores.ledger import MAXIMUM
from scores.models import AuditEntry, Client, FormerName, GameSession, Player, Standing
from scores.ranking import UnknownPlayer, reads
from scores.reconciler import reconcile
from scores.rows import BoardChange
from scores.signals import board_changed, standings_committed
from tests.ledger import Heard, make_ranks, recorded, session

Action = AuditEntry.Action


@pytest.fixture(autouse=True)
def _ranks(committed: None) -> None:
    make_ranks()


@pytest.fixture
def moderator(committed: None) -> Player:
    return Player.objects.create(username="moderator", is_staff=True)


def shown() -> list[tuple[str, int]]:
    """What the ranks show."""
    page = reads.top(boards.GLOBAL)
    assert page.source == "ranks"
    return [(row.username, row.total_score) for row in page.rows]


def trail() -> list[tuple[str, str, int]]:
    """The audit trail, oldest first."""
    entries = AuditEntry.objects.order_by("id")
    return [(entry.action, entry.subject_type, entry.subject_id) for entry in entries]


class Changes:
    """The board changes that are told, while it listens."""

    def __enter__(self) -> list[BoardChange]:
        self.heard: list[BoardChange] = []
        board_changed.connect(self._hear)
        return self.heard

    def __exit__(self, *_: object) -> None:
        board_changed.disconnect(self._hear)

    def _hear(self, *, change: BoardChange, **_: object) -> None:
        self.heard.append(change)


def test_a_decision_stands_in_the_trail_with_who_and_why(moderator: Player, alice: Player) -> None:
    until = timezone.now() + timedelta(days=7)

    ledger.ban(user_id=alice.id, by=moderator.id, reason="  Aimbot. ", until=until)

    [entry] = AuditEntry.objects.all()
    assert (entry.actor, entry.player, entry.reason) == (moderator, alice, "Aimbot.")
    assert entry.before == {"state": "active", "banned_until": None}
    assert entry.after == {"state": "banned", "banned_until": until.isoformat()}
    alice.refresh_from_db()
    assert (alice.state, alice.banned_until, alice.ban_reason) == ("banned", until, "Aimbot.")


def test_a_decision_without_a_reason_is_refused(alice: Player) -> None:
    with pytest.raises(Refused, match="reason") as refusal:
        ledger.ban(user_id=alice.id, by=None, reason=" ")

    assert refusal.value.code == "reason_missing"
    assert trail() == []


def test_staff_are_not_banned_and_not_erased(moderator: Player) -> None:
    for decide in (ledger.ban, ledger.erase):
        with pytest.raises(Refused, match="access") as refusal:
            decide(user_id=moderator.id, by=None, reason="Mutiny.")
        assert refusal.value.code == "staff"


def test_a_ban_ends_by_itself_and_the_trail_says_who_did_it(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    ledger.ban(user_id=alice.id, by=None, reason="Cheated.", until=timezone.now() + timedelta(days=1))
    assert ledger.end_bans() == 0

    Player.objects.update(banned_until=timezone.now() - timedelta(seconds=1))  # a day later
    assert ledger.end_bans() == 1

    assert shown() == [("alice", 10)]
    assert [(entry.action, entry.actor) for entry in AuditEntry.objects.order_by("id")][-1] == (Action.UNBAN, None)
    assert ledger.end_bans() == 0


def test_a_ban_must_end_in_the_future(alice: Player) -> None:
    with pytest.raises(Refused, match="future"):
        ledger.ban(user_id=alice.id, by=None, reason="Cheated.", until=timezone.now())


def test_a_banned_player_may_get_another_end_but_is_not_hidden_twice(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    ledger.ban(user_id=alice.id, by=None, reason="Cheated.")
    rev = Standing.objects.get(user=alice).rev

    assert ledger.ban(user_id=alice.id, by=None, reason="Cheated.", until=timezone.now() + timedelta(days=1))
    assert Standing.objects.get(user=alice).rev == rev


def test_a_rename_is_a_change_of_every_board_that_shows_the_player(arena: Client, alice: Player, bob: Player) -> None:
    recorded(session(arena, alice, 10), session(arena, bob, 5))
    before = reads.top(boards.GLOBAL)

    with Changes() as changes:
        assert ledger.rename(user_id=alice.id, username="Alicia", by=None, reason="As asked for.")

    after = reads.top(boards.GLOBAL)
    assert shown() == [("Alicia", 10), ("bob", 5)]
    assert before.seq is not None
    assert after.seq == before.seq + 1
    [change] = changes
    assert [row for row in change.after if row not in change.before] == [after.rows[0]]


def test_a_rename_below_the_visible_top_changes_no_board(arena: Client, alice: Player) -> None:
    others = [Player.objects.create(username=f"player-{number}") for number in range(10)]
    recorded(session(arena, alice, 1), *(session(arena, other, 100) for other in others))

    with Changes() as changes:
        ledger.rename(user_id=alice.id, username="Alicia", by=None, reason="As asked for.")

    assert changes == []
    assert reads.rank(boards.GLOBAL, alice.id).rows[0].username == "Alicia"


def test_a_rename_that_never_reached_the_ranks_is_brought_there_by_the_reconciler(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    reconcile()
    receivers, standings_committed.receivers = standings_committed.receivers, []  # the process dies after the commit
    standings_committed.sender_receivers_cache.clear()
    try:
        ledger.rename(user_id=alice.id, username="Alicia", by=None, reason="As asked for.")
    finally:
        standings_committed.receivers = receivers
        standings_committed.sender_receivers_cache.clear()
    assert shown() == [("alice", 10)]

    with Changes() as changes:
        reconcile()

    assert shown() == [("Alicia", 10)]
    assert len(changes) == 1


def test_a_name_goes_to_one_player(alice: Player, bob: Player) -> None:
    with pytest.raises(Refused, match="bob") as refusal:
        ledger.rename(user_id=alice.id, username="bob", by=None, reason="As asked for.")
    assert refusal.value.code == "name_taken"

    with pytest.raises(names.InvalidName):
        ledger.rename(user_id=alice.id, username="a\u202eb", by=None, reason="As asked for.")
    assert not ledger.rename(user_id=alice.id, username=" alice ", by=None, reason="As asked for.")
    assert trail() == []


def test_the_trail_keeps_names_apart_so_that_they_can_be_forgotten(alice: Player) -> None:
    ledger.rename(user_id=alice.id, username="Alicia", by=None, reason="As asked for.")

    [entry] = AuditEntry.objects.all()
    assert (entry.before, entry.after) == ({}, {})
    assert (entry.former_name.before, entry.former_name.after) == ("alice", "Alicia")


def test_sessions_are_voided_and_counted_again_together(arena: Client, alice: Player, bob: Player) -> None:
    receipts = recorded(session(arena, alice, 10), session(arena, alice, 90), session(arena, bob, 50))
    ids = [receipt.session_id for receipt in receipts]

    assert ledger.void_sessions(session_ids=[*ids[1:], 987_654], by=None, reason="Cheated.") == 2
    assert shown() == [("alice", 10), ("bob", 0)]
    assert ledger.void_sessions(session_ids=ids, by=None, reason="All of it.") == 1
    assert shown() == [("alice", 0), ("bob", 0)]

    assert ledger.unvoid_sessions(session_ids=ids, by=None, reason="Not so.") == 3
    assert shown() == [("alice", 100), ("bob", 50)]
    assert ledger.unvoid_sessions(session_ids=ids, by=None, reason="Not so.") == 0
    assert [action for action, _, _ in trail()] == [Action.VOID] * 3 + [Action.UNVOID] * 3


def test_too_many_sessions_at_once_are_refused() -> None:
    with pytest.raises(Refused, match="1000") as refusal:
        ledger.void_sessions(session_ids=range(1001), by=None, reason="All.")

    assert refusal.value.code == "too_many"


def test_an_adjustment_is_an_entry_of_its_own_and_no_game(arena: Client, moderator: Player, alice: Player) -> None:
    recorded(session(arena, alice, 10, outcome="win"))

    given = ledger.adjust(user_id=alice.id, points=5, by=moderator.id, reason="The server crashed.")
    taken = ledger.adjust(user_id=alice.id, points=-7, by=moderator.id, reason="Counted twice.")

    assert shown() == [("alice", 8)]
    standing = Standing.objects.get(user=alice)
    assert (standing.games, standing.wins) == (1, 1)
    adjustment = GameSession.objects.get(pk=given)
    assert (adjustment.kind, adjustment.score, adjustment.client.user) == ("adjustment", 5, moderator)
    ledger.void_sessions(session_ids=[taken], by=moderator.id, reason="It was right.")
    assert shown() == [("alice", 15)]


def test_an_adjustment_gives_a_player_without_games_a_place(moderator: Player, alice: Player) -> None:
    ledger.adjust(user_id=alice.id, points=5, by=moderator.id, reason="A prize.")

    assert shown() == [("alice", 5)]


@pytest.mark.parametrize(("points", "code"), [(0, "score_out_of_range"), (MAXIMUM + 1, "score_out_of_range")])
def test_an_adjustment_by_nothing_or_by_too_much_is_refused(
    moderator: Player, alice: Player, points: int, code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        ledger.adjust(user_id=alice.id, points=points, by=moderator.id, reason="?")

    assert refusal.value.code == code


@pytest.mark.parametrize("points", [-11, MAXIMUM])
def test_an_adjustment_keeps_the_total_in_its_range(
    arena: Client, moderator: Player, alice: Player, points: int
) -> None:
    recorded(session(arena, alice, 10))

    with pytest.raises(Refused) as refusal:
        ledger.adjust(user_id=alice.id, points=points, by=moderator.id, reason="?")

    assert refusal.value.code == "total_out_of_range"
    assert shown() == [("alice", 10)]
    assert trail() == []


def test_a_session_that_holds_up_a_negative_adjustment_cannot_be_voided(
    arena: Client, moderator: Player, alice: Player
) -> None:
    (receipt,) = recorded(session(arena, alice, 10))
    ledger.adjust(user_id=alice.id, points=-10, by=moderator.id, reason="?")

    with pytest.raises(Refused) as refusal:
        ledger.void_sessions(session_ids=[receipt.session_id], by=None, reason="?")

    assert refusal.value.code == "total_out_of_range"


def test_an_erased_player_is_nobody_and_the_others_move_up(arena: Client, alice: Player, bob: Player) -> None:
    recorded(session(arena, alice, 10), session(arena, bob, 5))
    ledger.rename(user_id=alice.id, username="Alicia", by=None, reason="As asked for.")

    with Heard() as heard:
        ledger.erase(user_id=alice.id, by=None, reason="As asked for.")

    assert shown() == [("bob", 5)]
    assert reads.rank(boards.GLOBAL, bob.id).rows[0].rank == 1
    with pytest.raises(UnknownPlayer):
        reads.rank(boards.GLOBAL, alice.id)
    assert heard[0].names[0].username == f"Deleted player {alice.id}"
    assert not FormerName.objects.exists()
    with pytest.raises(Refused) as refusal:
        ledger.unban(user_id=alice.id, by=None, reason="?")
    assert refusal.value.code == "unknown_player"


def test_nothing_is_recorded_for_an_erased_player(arena: Client, alice: Player) -> None:
    ledger.erase(user_id=alice.id, by=None, reason="As asked for.")

    [by_id] = ledger.record([session(arena, alice, 10)])
    [by_name] = ledger.record([session(arena, f"Deleted player {alice.id}", 10)])

    assert isinstance(by_id, Refused)
    assert isinstance(by_name, Refused)
    assert (by_id.code, by_name.code) == ("unknown_player", "unknown_player")


def test_nobody_may_take_the_name_of_the_erased() -> None:
    with pytest.raises(names.InvalidName):
        names.normalise("deleted PLAYER 7")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_trail SET reason = 'another'",
        "DELETE FROM audit_trail",
        "TRUNCATE audit_trail CASCADE",
    ],
)
def test_the_audit_trail_only_grows(alice: Player, sql: str) -> None:
    ledger.ban(user_id=alice.id, by=None, reason="Cheated.")

    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)

    assert trail() == [(Action.BAN, "player", alice.id)]


def test_a_decision_that_is_rolled_back_leaves_no_entry(alice: Player) -> None:
    def ban_and_fail() -> None:
        with transaction.atomic():
            ledger.ban(user_id=alice.id, by=None, reason="Cheated.")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ban_and_fail()

    assert trail() == []


def test_of_many_who_ban_at_once_one_does_it(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))

    def ban() -> bool:
        try:
            return ledger.ban(user_id=alice.id, by=None, reason="Cheated.")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(lambda _: ban(), range(8))) == [False] * 7 + [True]

    assert trail() == [(Action.BAN, "player", alice.id)]
