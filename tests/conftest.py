"""Fixtures for everybody: committed data, and the named cast."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, connections
from pytest_django.plugin import DjangoDbBlocker

from scores import boards
from scores.models import Client, Player
from scores.ranking.valkey import valkey

_EMPTY = """
SET session_replication_role = replica;  -- past the triggers that refuse deletion
TRUNCATE users, clients, api_keys, game_sessions, leaderboard, idempotency_keys, django_session, django_admin_log
    RESTART IDENTITY CASCADE;
SET session_replication_role = origin;
"""


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Transactions really commit; afterwards PostgreSQL holds the empty board `global`, and Valkey nothing."""
    with django_db_blocker.unblock():
        _empty()
        yield
        _empty()
        connections.close_all()


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
    boards.forget()
    valkey().commands([("FLUSHALL",)])


@pytest.fixture
def arena(committed: None) -> Client:
    """A game server."""
    return Client.objects.create(name="arena")


@pytest.fixture
def alice(committed: None) -> Player:
    return Player.objects.create(username="alice")


@pytest.fixture
def bob(committed: None) -> Player:
    return Player.objects.create(username="bob")


@pytest.fixture
def charlie(committed: None) -> Player:
    return Player.objects.create(username="charlie")
