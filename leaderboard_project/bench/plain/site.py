"""Starts the plain way beside an installation of the product, with the same players, on the same servers."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from leaderboard_project.bench.installation import Installation, Site, manage
from leaderboard_project.bench.plain import settings
from leaderboard_project.bench.progress import Progress
from leaderboard_project.bench.serving import served_by
from scores.valkey import Valkey

_SETTINGS = "leaderboard_project.bench.plain.settings"
_DAPHNE = ["-m", "daphne", "leaderboard_project.bench.plain.asgi:application", "--verbosity", "0", "--fd"]

# The same players with the same totals. Both ways begin with equally large tables of standings; sessions of
# before are left out here, which only makes the plain way's inserts cheaper.
_FILL = """
INSERT INTO plain.plain_player (id, username) SELECT id, username FROM public.users ORDER BY id;
INSERT INTO plain.plain_standing (player_id, total_score) SELECT user_id, total_score FROM public.leaderboard;
ANALYZE plain.plain_player;
ANALYZE plain.plain_standing;
"""


@contextmanager
def plain_site(installation: Installation, *, processes: int, progress: Progress) -> Iterator[Site]:
    """The plain way, served by as many daphnes as the product has web processes."""
    environment = {**installation.environment, "DJANGO_SETTINGS_MODULE": _SETTINGS}
    progress.begin("preparing the plain way")
    with psycopg.connect(installation.addresses.database_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS plain")
        manage(environment, "migrate", "--run-syncdb", "--verbosity", "0")
        digest = hashlib.sha256(installation.site.api_key.encode()).hexdigest()
        connection.execute("INSERT INTO plain.plain_apikey (digest) VALUES (%s)", [digest])
        connection.execute(_FILL)
        _fill_ranks(connection, Valkey(f"{installation.addresses.redis_url}&db={settings.RANKS_DB}"))
    progress.begin("starting the plain way")
    with served_by([sys.executable, *_DAPHNE], environment, processes) as (address, web):
        yield replace(installation.site, name="plain", address=address, web=web)


def _fill_ranks(connection: psycopg.Connection, valkey: Valkey) -> None:
    standings = connection.execute(
        "SELECT total_score, username FROM plain.plain_standing JOIN plain.plain_player ON id = player_id"
    )
    while rows := standings.fetchmany(1000):
        valkey.commands([("ZADD", settings.RANKS_KEY, *(word for row in rows for word in row))])
