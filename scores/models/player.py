"""Players: the people on the boards, who are also the accounts of the site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower, Now
from typing_extensions import override

from scores import names

_KEPT_BY_THE_LEDGER: Final = frozenset({"id", "username", "state", "banned_until", "ban_reason", "rev"})


class PlayerManager(BaseUserManager["Player"]):
    """Makes accounts. Django's own manager wants an e-mail address, which players do not have."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> Player:
        """A player who can log in, where there is a password.

        Raises:
            InvalidName: no player may be called that.
        """
        player = self.model(username=names.normalise(username), **fields)
        player.set_password(password)
        player.save(using=self._db)
        return player

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> Player:
        """A player who may do everything in the admin site; `manage.py createsuperuser` comes here."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class Player(AbstractBaseUser, PermissionsMixin):
    """A player, never deleted: removal is a state, so that ranks and sessions keep their owner.

    The name and the state of one who exists are written by `scores.ledger` only, under the gate.
    `rev` and the column `changed_xid` (not mapped) are set by a trigger whenever either changes;
    what Python writes into `rev` is ignored.
    """

    class State(models.TextChoices):
        """Whether the player is shown."""

        ACTIVE = "active"
        BANNED = "banned"
        ERASED = "erased"

    id = models.BigAutoField(primary_key=True)
    username = models.CharField(max_length=255, unique=True)
    join_date = models.DateTimeField(db_default=Now(), editable=False)
    state = models.CharField(max_length=16, choices=State, default=State.ACTIVE, db_default=State.ACTIVE)
    banned_until = models.DateTimeField(null=True, blank=True, editable=False)  # null: until somebody unbans
    ban_reason = models.TextField(default="", db_default="", blank=True, editable=False)
    rev = models.BigIntegerField(default=0, db_default=0, editable=False)
    is_staff = models.BooleanField(
        "may use the admin site",
        default=False,
        db_default=False,
        help_text="What they may do there is set by their permissions.",
    )
    is_active = models.BooleanField("may log in", default=True, db_default=True)

    objects = PlayerManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "users"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="users_state_known",
                condition=models.Q(state__in=["active", "banned", "erased"]),
            ),
            models.CheckConstraint(
                name="users_ban_of_the_banned",
                condition=models.Q(state="banned") | models.Q(banned_until=None, ban_reason=""),
            ),
            models.CheckConstraint(name="users_username_not_empty", condition=~models.Q(username="")),
        ]
        indexes: ClassVar = [
            # Finds players by the beginning of their name, whatever the case: `lower(username) LIKE 'ad%'`.
            models.Index(
                OpClass(Lower("username"), name="text_pattern_ops"),
                name="users_username_prefix",
            ),
            models.Index(
                fields=["banned_until"], name="users_ban_ends", condition=models.Q(banned_until__isnull=False)
            ),
            # The few among many whom moderators list and count.
            models.Index(fields=["id"], name="users_banned", condition=models.Q(state="banned")),
            models.Index(fields=["id"], name="users_staff", condition=models.Q(is_staff=True)),
        ]
        permissions: ClassVar = [
            ("ban_player", "Can ban and unban players"),
            ("rename_player", "Can rename players"),
            ("adjust_player", "Can adjust the score of players"),
            ("export_player", "Can export a player's data"),
            ("erase_player", "Can erase players"),
        ]

    @override
    def save(
        self,
        *args: Any,
        update_fields: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write the player. Of one who exists already, what the ledger keeps is never written here.

        Django saves whole rows, such as after a change of password: the state in them may be from
        before a ban that came in between.
        """
        if not self._state.adding and update_fields is None:
            update_fields = {field.name for field in self._meta.concrete_fields} - _KEPT_BY_THE_LEDGER
        super().save(*args, update_fields=update_fields, **kwargs)

    @property
    def banned(self) -> bool:
        """Whether the player and all their rows are hidden."""
        return self.state == self.State.BANNED
