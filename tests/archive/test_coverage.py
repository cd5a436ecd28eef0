"""No column is forgotten: what PostgreSQL and the models have is in the archive, or left out on purpose."""

from __future__ import annotations

import tomllib

from django.apps import apps
from django.conf import settings
from django.db import connection

from scores.archive.manifest import VERSION
from scores.archive.tables import DRAWN_ANEW, KEPT_BY_NAMES, LEFT_OUT, NAMES, TABLES

OWN_NAMES = {"groups", "group_permissions", "player_groups", "player_permissions"}


def columns() -> dict[str, set[str]]:
    """The columns of every table but the partitions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, array_agg(attname::text) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
            " AND attnum > 0 AND NOT attisdropped GROUP BY relname"
        )
        return {name: set(names) for name, names in cursor.fetchall()}


def test_every_column_is_in_the_archive_or_drawn_anew(committed: None) -> None:
    there = columns()

    for table in TABLES:
        if table.name not in OWN_NAMES:
            assert set(table.columns) | DRAWN_ANEW.get(table.name, frozenset()) == there[table.name], table.name


def test_every_table_is_in_the_archive_or_left_out(committed: None) -> None:
    assert set(columns()) == (set(NAMES) - OWN_NAMES) | LEFT_OUT | KEPT_BY_NAMES


def test_every_field_of_every_model_is_in_the_archive_or_left_out() -> None:
    archived = {table.name: set(table.columns) for table in TABLES}
    for model in apps.get_app_config("scores").get_models():
        table = model._meta.db_table
        if table not in LEFT_OUT:
            fields = {field.column for field in model._meta.concrete_fields if field.column}
            assert fields <= archived[table] | DRAWN_ANEW.get(table, frozenset()), table


def test_the_tables_that_have_a_sequence_draw_ids(committed: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT owner.relname FROM pg_class AS sequence JOIN pg_depend ON objid = sequence.oid"
            " JOIN pg_class AS owner ON owner.oid = refobjid"
            " WHERE sequence.relkind = 'S' AND deptype IN ('a', 'i') AND owner.relname = ANY(%s)",
            [sorted(set(NAMES) - OWN_NAMES)],
        )
        assert {name for (name,) in cursor.fetchall()} == {table.name for table in TABLES if table.draws_ids}


def test_the_version_is_the_project_s() -> None:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())

    assert project["project"]["version"] == VERSION
