"""Fixtures for everybody: committed data, and the named cast."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection, connections
from django.test.utils import setup_databases
from psycopg.sql import SQL, Identifier
from pytest_django.plugin import DjangoDbBlocker

from scores import boards, failpoints, group_commit, suspicion
from scores.models import Client, Player
from scores.valkey import valkey
from tests import api, doors

if TYPE_CHECKING:
    from leaderboard_project.postgresql.base import DatabaseWrapper

#: Where the longest tests are: a process that takes one of those files last would let the other wait for minutes.
_FIRST = ("faults", "acceptance", "browser")

#: Every table that tests fill, each before those that it refers to.
FILLED = (
    "former_names",
    "audit_trail",
    "suspicions",
    "suspicion_rules",
    "idempotency_keys",
    "leaderboard",
    "game_sessions",
    "refresh_families",
    "api_keys",
    "clients",
    "users_groups",
    "users_user_permissions",
    "django_admin_log",
    "django_session",
    "rank_marks",
    "sweeps",
    "users",
)
# DELETE in place of TRUNCATE, which makes new files for every table, partition and index: a third of a second for
# each test on a busy machine. It also waits for nobody who still reads. The triggers that refuse it are off meanwhile.
_EMPTY = """
DO $$
DECLARE
    name text;
    filled boolean;
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;
    FOREACH name IN ARRAY string_to_array('{tables}', ',') LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
        IF filled THEN
            EXECUTE format('ALTER TABLE %I DISABLE TRIGGER USER', name);
            EXECUTE format('DELETE FROM %I', name);
            EXECUTE format('ALTER TABLE %I ENABLE TRIGGER USER', name);
        END IF;
    END LOOP;
    PERFORM setval(pg_depend.objid::regclass, 1, false)
    FROM pg_depend JOIN pg_class ON pg_class.oid = pg_depend.objid AND pg_class.relkind = 'S'
    WHERE pg_depend.refobjid = ANY(string_to_array('{tables}', ',')::regclass[]) AND pg_depend.deptype IN ('a', 'i');
END $$;
"""


def pytest_configure() -> None:
    """Listen to SIGINT: a shell that runs us in the background has us ignore it, and whatever a test starts, too."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files of long tests; within and after them the random order stays as it was drawn."""
    items.sort(key=lambda item: item.path.parent.name not in _FIRST)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, migrated; pytest-django's own makes none for tests that carry no mark of its."""
    with django_db_blocker.unblock():
        setup_databases(verbosity=0, interactive=False)
        yield
        group_commit.drain(5)
        cast("DatabaseWrapper", connection).close_pool()
        # Whatever the doors believe is renewed aside by threads that no test waits for: they must not keep it.
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as outside:
            name = Identifier(connection.settings_dict["NAME"])
            drop = SQL("DROP DATABASE {} WITH (FORCE)").format(name)
            deadline = time.monotonic() + 30
            while True:
                try:
                    outside.execute(drop)
                    break
                except psycopg.errors.InsufficientPrivilege:  # autovacuum is at it, whom only a superuser ends
                    if time.monotonic() >= deadline:
                        raise
                    outside.execute("SELECT pg_sleep(0.1)")


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
        cursor.execute(_EMPTY.replace("{tables}", ",".join(FILLED)))
    boards.forget()
    suspicion.forget()
    valkey()._broken = False  # a test before this one may have taken Valkey away, or stopped the clock
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()


@pytest.fixture(params=doors.DOORS)
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test's requests come by this door, through the whole ASGI application; each test runs at both."""
    door: str = request.param
    monkeypatch.setattr(api, "current_door", door)
    return door


@pytest.fixture(params=["", "write_after_commit=skip"], ids=["both roads", "the reconciler alone"])
def either_road(request: pytest.FixtureRequest) -> Iterator[None]:
    """The test runs once as it is, and once with nothing brought into Valkey right after a commit."""
    failpoints.arm(request.param)
    yield
    failpoints.arm("")


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
