"""Which passwords may be chosen, and whether one is right: with equal work for every account, and for none."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.hashers import verify_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from scores.accounts.errors import WeakPassword
from scores.models import Player

MAX_CHARACTERS: Final = 128
MAX_BYTES: Final = 512  # 128 characters of any script
#: What Django takes for an account without a password, and the ledger writes.
NO_PASSWORD: Final = "!"  # noqa: S105


class MaximumLengthValidator:
    """Refuses what no login would accept. Named in `AUTH_PASSWORD_VALIDATORS`, so the admin's forms ask it too."""

    def validate(self, password: str, user: Any = None) -> None:
        """Refuse a password of more than 128 characters.

        Raises:
            ValidationError: it is longer.
        """
        if is_too_long(password):
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """What forms say beside the field."""
        return f"Your password can have at most {MAX_CHARACTERS} characters."


def is_too_long(password: str) -> bool:
    """Whether no account can have such a password: told before a hash is spent on it."""
    return len(password) > MAX_CHARACTERS or len(password.encode()) > MAX_BYTES


def check_new(password: str, player: Player) -> None:
    """Refuse a password that the player must not choose.

    Raises:
        WeakPassword: with every reason.
    """
    if is_too_long(password):
        # Alone: the other validators would work on all of it.
        raise WeakPassword([MaximumLengthValidator().get_help_text()])
    try:
        validate_password(password, player)
    except ValidationError as error:
        raise WeakPassword(error.messages) from error


def check(password: str, stored: str | None) -> tuple[bool, bool]:
    """Whether the password is the stored one, and whether it should be hashed anew.

    Every answer takes one hash: also for None (no such account) and for accounts without a password.

    Raises:
        HashingBusy: try again in a moment.
    """
    return verify_password(password, stored or NO_PASSWORD)
