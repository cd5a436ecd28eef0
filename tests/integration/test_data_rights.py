"""A player's rights: to have a copy of everything, and to be forgotten."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from scores import boards, data_rights, ledger
from scores.accounts import families
from scores.errors import Refused
from scores.models import Client, Player, RefreshFamily
from scores.ranking import names, reads
from scores.ranking.rebuilding import rebuild
from tests.ledger import make_ranks, recorded, session

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _ranks(committed: None) -> None:
    make_ranks()


def exported(player: Player) -> dict[str, object]:
    document: dict[str, object] = json.loads(b"".join(data_rights.export(player.id)))
    return document


def test_an_export_holds_all_that_is_kept(arena: Client, alice: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_rights, "_CHUNK", 2)  # pages that end within one moment
    moments = [NOON, NOON, NOON, NOON + timedelta(seconds=1), NOON + timedelta(seconds=1)]
    receipts = recorded(*(session(arena, alice, 10, played_at=moment) for moment in moments))
    families.begin(alice)
    ledger.rename(user_id=alice.id, username="Alicia", by=None, reason="As asked for.")
    ledger.ban(user_id=alice.id, by=None, reason="Cheated.")

    document = exported(alice)

    player, sessions = document["player"], document["sessions"]
    assert isinstance(player, dict)
    assert isinstance(sessions, list)
    assert (player["username"], player["state"], player["ban_reason"]) == ("Alicia", "banned", "Cheated.")
    assert [one["session_id"] for one in sessions] == [receipt.session_id for receipt in receipts]
    assert [(one["before"], one["after"]) for one in document["former_names"]] == [("alice", "Alicia")]  # type: ignore[attr-defined]
    assert [one["action"] for one in document["decisions"]] == ["rename", "ban"]  # type: ignore[attr-defined]
    assert len(document["logins"]) == 1  # type: ignore[arg-type]
    assert [(one["board"], one["total_score"]) for one in document["standings"]] == [("global", 50)]  # type: ignore[attr-defined]


def test_an_export_tells_nothing_of_others(arena: Client, alice: Player, bob: Player) -> None:
    recorded(session(arena, alice, 10, idempotency_key="secret-1"), session(arena, bob, 20))
    ledger.ban(user_id=alice.id, by=bob.id, reason="Cheated.")

    text = json.dumps(exported(alice))

    for word in ("bob", "arena", "secret-1", "password"):
        assert word not in text


def test_an_unknown_player_has_no_export() -> None:
    with pytest.raises(Refused):
        data_rights.export(987_654)


def test_an_erased_name_is_nowhere_any_more(arena: Client, bob: Player) -> None:
    alice = Player.objects.create_user("alice-in-wonderland", "a long enough password")
    recorded(session(arena, alice, 10), session(arena, bob, 5))
    ledger.rename(user_id=alice.id, username="alicia-in-wonderland", by=None, reason="As asked for.")
    LogEntry.objects.create(
        user=bob,
        content_type=ContentType.objects.get_for_model(Player),
        object_id=str(alice.id),
        object_repr="alice-in-wonderland",
        action_flag=CHANGE,
    )

    families.begin(alice)

    data_rights.erase(user_id=alice.id, by=bob.id, reason="As asked for.")

    assert not RefreshFamily.objects.exists()
    assert _found_in_postgresql("in-wonderland") == []
    rebuild(boards.current(boards.GLOBAL))
    assert names.usernames([alice.id]) == {alice.id: f"Deleted player {alice.id}"}
    assert [(row.username, row.rank) for row in reads.top(boards.GLOBAL).rows] == [("bob", 1)]
    alice.refresh_from_db()
    assert not alice.check_password("a long enough password")
    with pytest.raises(Refused):
        data_rights.export(alice.id)


def test_staff_are_not_erased_and_nothing_of_them_is(alice: Player) -> None:
    Player.objects.filter(pk=alice.pk).update(is_staff=True)

    with pytest.raises(Refused):
        data_rights.erase(user_id=alice.id, by=None, reason="As asked for.")

    alice.refresh_from_db()
    assert (alice.username, alice.is_active) == ("alice", True)


def _found_in_postgresql(text: str) -> list[str]:
    """The tables with a row that holds the text anywhere."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT EXISTS (SELECT FROM {quoted} AS one WHERE one::text LIKE %s)", [f"%{text}%"])
            if cursor.fetchone()[0]:
                found.append(table)
        return found
