"""A system in which everything has happened that an archive must hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission

from scores import api_keys, data_rights, ledger
from scores.models import ApiKey, Board, Client, GameSession, Player, Suspicion, Window
from tests.ledger import make_ranks, recorded, session
from tests.rules import hold_above

LONG_AGO = datetime(2019, 3, 14, 15, 9, 26, tzinfo=UTC)
PASSWORD = "a long enough password"


@dataclass(frozen=True, slots=True)
class LivedIn:
    """Who is there."""

    arena: Client
    secret: str  # of the arena's API key
    alice: Player
    bob: Player
    charlie: Player
    dora: Player  # erased
    moderator: Player


@cache
def _hashed() -> str:
    return make_password(PASSWORD)  # slow on purpose: once is enough


def lived_in() -> LivedIn:
    """Make it, in an empty system."""
    key, secret = api_keys.create("arena", list(ApiKey.Scope.values))
    arena = key.client
    alice, dora = (Player.objects.create(username=name, password=_hashed()) for name in ("alice", "dora"))
    bob, charlie = (Player.objects.create(username=name) for name in ("bob", 'char\t"lie"\\N\n🏆'))
    moderator = Player.objects.create(username="moderator", password=_hashed(), is_staff=True)
    moderator.groups.set(Group.objects.filter(name="moderator"))
    moderator.user_permissions.set(Permission.objects.filter(codename="export_player"))
    season = Window.objects.create(
        board=Board.objects.create(slug="season", name="A season"),
        slug="spring",
        starts=datetime(2026, 3, 1, tzinfo=UTC),
        ends=datetime(2026, 6, 1, tzinfo=UTC),
    )
    hold_above(1_000)
    receipts = recorded(
        session(arena, alice, 30, idempotency_key="match-1", outcome="win"),
        session(arena, alice, 12, played_at=LONG_AGO),
        session(arena, bob, 50, played_at=season.starts),
        session(arena, charlie, 20),
        session(arena, charlie, 25, idempotency_key="mätch \\x41 2"),
        session(arena, dora, 99),
        session(arena, bob, 5_000),
    )
    by = {"by": moderator.id}
    ledger.void_sessions(session_ids=[receipts[3].session_id], reason="A bug\nin the game.", **by)
    ledger.adjust(user_id=alice.id, points=-2, reason="Too many.", **by)
    ledger.rename(user_id=bob.id, username="robert", reason="As asked for.", **by)
    ledger.ban(user_id=charlie.id, reason="Cheated.", until=datetime(2030, 1, 1, tzinfo=UTC), **by)
    data_rights.erase(user_id=dora.id, reason="As asked for.", **by)
    assert Suspicion.objects.get().held
    assert GameSession.objects.filter(held_at__isnull=False).count() == 1
    make_ranks()
    return LivedIn(arena, secret, alice, bob, charlie, dora, moderator)
