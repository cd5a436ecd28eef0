"""What an archive holds: each table, column by column, in the order in which rows refer to each other.

A column that is not named here is not in the archive, so a new one has to be named: here, or among
what is left out. The tests compare both with the models and with PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of an archive: how they are read, in one order for equal systems, and how they are written again.

    `{staged}` in `write` stands for the table that they were loaded into.
    """

    name: str
    columns: tuple[str, ...]
    read: str
    write: str
    draws_ids: bool  # from a sequence, which goes on behind the restored ones


def _plain(name: str, columns: str, *, order: str, draws_ids: bool = False) -> Table:
    listed = ", ".join(columns.split())
    return Table(
        name=name,
        columns=tuple(columns.split()),
        read=f"SELECT {listed} FROM {name} ORDER BY {order}",  # noqa: S608  constants of this file, like all below
        write=f"INSERT INTO {name} ({listed}) SELECT {listed} FROM {{staged}}",  # noqa: S608
        draws_ids=draws_ids,
    )


def _named(name: str, columns: str, *, read: str, write: str) -> Table:
    """Rows that are kept by names, because the ids behind them are not the same everywhere."""
    return Table(name=name, columns=tuple(columns.split()), read=read, write=write, draws_ids=False)


_PERMISSION: Final = """
JOIN auth_permission AS permission ON permission.id = permission_id
JOIN django_content_type AS type ON type.id = permission.content_type_id
"""
_THE_PERMISSION: Final = """
JOIN django_content_type AS type ON (type.app_label, type.model) = (staged.app, staged.model)
JOIN auth_permission AS permission ON (permission.content_type_id, permission.codename) = (type.id, staged.codename)
"""
_BY_NAME: Final = 'type.app_label COLLATE "C", type.model COLLATE "C", permission.codename COLLATE "C"'
_PERMISSION_NAMES: Final = "type.app_label AS app, type.model, permission.codename"

#: Each after those that it refers to. The texts of an order are compared as bytes: collations differ between systems.
TABLES: Final = (
    _named(
        "groups",
        "name",
        read='SELECT name FROM auth_group ORDER BY name COLLATE "C"',
        # Migrations made some of them already: the roles of the moderators' desk.
        write="""
            INSERT INTO auth_group (name) SELECT name FROM {staged}
            ON CONFLICT (name) DO UPDATE SET name = excluded.name
        """,
    ),
    _named(
        "group_permissions",
        "group_name app model codename",
        read=f"""
            SELECT auth_group.name AS group_name, {_PERMISSION_NAMES}
            FROM auth_group_permissions JOIN auth_group ON auth_group.id = group_id {_PERMISSION}
            ORDER BY auth_group.name COLLATE "C", {_BY_NAME}
        """,  # noqa: S608
        write=f"""
            INSERT INTO auth_group_permissions (group_id, permission_id)
            SELECT auth_group.id, permission.id
            FROM {{staged}} AS staged JOIN auth_group ON auth_group.name = staged.group_name {_THE_PERMISSION}
        """,  # noqa: S608
    ),
    _plain(
        "users",
        "id username password last_login join_date state banned_until ban_reason is_active is_staff is_superuser",
        order="id",
        draws_ids=True,
    ),
    _named(
        "player_groups",
        "user_id group_name",
        read="""
            SELECT player_id AS user_id, auth_group.name AS group_name
            FROM users_groups JOIN auth_group ON auth_group.id = group_id
            ORDER BY player_id, auth_group.name COLLATE "C"
        """,
        write="""
            INSERT INTO users_groups (player_id, group_id)
            SELECT staged.user_id, auth_group.id
            FROM {staged} AS staged JOIN auth_group ON auth_group.name = staged.group_name
        """,
    ),
    _named(
        "player_permissions",
        "user_id app model codename",
        read=f"""
            SELECT player_id AS user_id, {_PERMISSION_NAMES}
            FROM users_user_permissions {_PERMISSION}
            ORDER BY player_id, {_BY_NAME}
        """,  # noqa: S608
        write=f"""
            INSERT INTO users_user_permissions (player_id, permission_id)
            SELECT staged.user_id, permission.id FROM {{staged}} AS staged {_THE_PERMISSION}
        """,  # noqa: S608
    ),
    _plain("clients", "id name user_id created_at", order="id", draws_ids=True),
    _plain(
        "api_keys",
        "id client_id prefix digest scopes created_at last_used_at revoked_at",
        order="id",
        draws_ids=True,
    ),
    _plain("boards", "id slug name created_at", order="id", draws_ids=True),
    _plain("board_windows", "id board_id slug starts ends state", order="id", draws_ids=True),
    _plain("suspicion_rules", "id board_id kind threshold action", order="id", draws_ids=True),
    _plain(
        "game_sessions",
        "id user_id score game_mode outcome timestamp recorded_at client_id kind held_at voided_at",
        order="id, timestamp",
        draws_ids=True,
    ),
    _plain(
        "suspicions",
        "id session_id player_id board_id kind threshold observed held created_at verdict",
        order="id",
        draws_ids=True,
    ),
    _plain("idempotency_keys", "client_id key session_id body_digest", order='client_id, key COLLATE "C"'),
    _plain(
        "leaderboard",
        "user_id window_id total_score sort_key games wins reached_at hidden",
        order="user_id, window_id",
    ),
    _plain(
        "audit_trail",
        "id at actor_id action subject_type subject_id player_id reason before after",
        order="id",
        draws_ids=True,
    ),
    _plain("former_names", "entry_id player_id before after", order="entry_id"),
)
NAMES: Final = tuple(table.name for table in TABLES)

#: Columns that are made anew: revs go on behind those of the archive, and ids of transactions mean nothing elsewhere.
DRAWN_ANEW: Final[Mapping[str, frozenset[str]]] = {
    "users": frozenset({"rev", "changed_xid"}),
    "leaderboard": frozenset({"rev", "changed_xid"}),
    "game_sessions": frozenset({"recorded_xid"}),
}

#: Tables of ours and of Django's that are in no archive.
LEFT_OUT: Final = frozenset(
    {
        "refresh_families",  # logins end with a restore,
        "django_session",  # those of browsers too
        "django_admin_log",  # Django's own diary; ours is the audit trail
        "django_migrations",  # the schema is the program's,
        "django_content_type",  # and so is what a permission may be
        "auth_permission",
        "installation",  # a restored system is another one
        "rank_marks",  # what Valkey holds was not read from it,
        "sweeps",  # nor compared with it
    }
)
#: Tables of Django's whose rows are kept by names, in tables of the archive's own.
KEPT_BY_NAMES: Final = frozenset({"auth_group", "auth_group_permissions", "users_groups", "users_user_permissions"})
