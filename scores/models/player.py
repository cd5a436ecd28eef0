"""Players: the people on the boards, who are also the accounts of the site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower, Now
from typing_extensions import override

from scores import names


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

    `state` is written by `scores.ledger` only, under the gate. `rev` and the column `changed_xid`
    (not mapped) are set by a trigger whenever `username` or `state` changes; what Python writes
    into `rev` is ignored.
    """

    class State(models.TextChoices):
        """Whether the player is shown."""

        ACTIVE = "active"
        BANNED = "banned"

    id = models.BigAutoField(primary_key=True)
    username = models.CharField(max_length=255, unique=True)
    join_date = models.DateTimeField(db_default=Now(), editable=False)
    state = models.CharField(max_length=16, choices=State, default=State.ACTIVE, db_default=State.ACTIVE)
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
                condition=models.Q(state__in=["active", "banned"]),
            ),
            models.CheckConstraint(name="users_username_not_empty", condition=~models.Q(username="")),
        ]
        indexes: ClassVar = [
            # Finds players by the beginning of their name, whatever the case: `lower(username) LIKE 'ad%'`.
            models.Index(
                OpClass(Lower("username"), name="text_pattern_ops"),
                name="users_username_prefix",
            ),
        ]

    @override
    def save(
        self,
        *args: Any,
        update_fields: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write the player. Of one who exists already, `state` and `rev` are never written here.

        Django saves whole rows, such as after a change of password: the state in them may be from
        before a ban that came in between.
        """
        if not self._state.adding and update_fields is None:
            update_fields = {field.name for field in self._meta.concrete_fields} - {"id", "state", "rev"}
        super().save(*args, update_fields=update_fields, **kwargs)

    @property
    def banned(self) -> bool:
        """Whether the player and all their rows are hidden."""
        return self.state == self.State.BANNED
