"""Who may do what at the moderators' desk: one table, kept right in PostgreSQL after every migration."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from django.apps import AppConfig
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import DEFAULT_DB_ALIAS


class Role(StrEnum):
    """A group of people at the desk; Django keeps them as its groups, under these names."""

    VIEWER = "viewer"
    MODERATOR = "moderator"
    OPERATOR = "operator"


_LOOK: Final = frozenset(
    {
        "view_apikey",
        "view_auditentry",
        "view_board",
        "view_gamesession",
        "view_player",
        "view_suspicion",
        "view_suspicionrule",
    }
)
_MODERATE: Final = frozenset(
    {"adjust_player", "ban_player", "decide_suspicion", "rename_player", "void_gamesession"},
)
_OPERATE: Final = frozenset(
    {
        "add_apikey",
        "add_suspicionrule",
        "change_board",
        "change_suspicionrule",
        "delete_suspicionrule",
        "erase_player",
        "export_player",
        "revoke_apikey",
    }
)

#: What each role may, by the names of Django's permissions. Accounts and roles are given by superusers only.
PERMISSIONS: Final[Mapping[Role, frozenset[str]]] = {
    Role.VIEWER: _LOOK,
    Role.MODERATOR: _LOOK | _MODERATE,
    Role.OPERATOR: _LOOK | _MODERATE | _OPERATE,
}


def keep_right(*, app_config: AppConfig, apps: Apps, using: str = DEFAULT_DB_ALIAS, **options: Any) -> None:
    """Make the roles' groups, and give them exactly what the table says; a receiver of `post_migrate`.

    `django.contrib.auth` makes the permissions in a receiver of the same signal, and receivers run
    in the order in which their apps stand in INSTALLED_APPS: ours comes first. So it is asked to
    make them now; when its turn comes, nothing is left to do.

    Args:
        app_config: this app.
        apps: the models as they are after the migration, which may be an old one without some permissions.
        using: the database.
        options: what else the signal says.
    """
    create_permissions(app_config, apps=apps, using=using, verbosity=0)
    groups = apps.get_model("auth", "Group").objects.using(using)
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    for role, codenames in PERMISSIONS.items():
        group, _ = groups.get_or_create(name=role.value)
        group.permissions.set(permissions.filter(content_type__app_label=app_config.label, codename__in=codenames))
