"""Tests leave nothing behind: every table is either emptied after each of them, or filled by migrations alone."""

from __future__ import annotations

from django.db import connection

from tests.conftest import FILLED

FILLED_BY_MIGRATIONS = {
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "board_windows",
    "boards",
    "django_content_type",
    "django_migrations",
    "installation",
}


def test_every_table_is_emptied_or_belongs_to_the_migrations(committed: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition"
        )
        tables = {name for (name,) in cursor.fetchall()}

    assert tables == set(FILLED) | FILLED_BY_MIGRATIONS
