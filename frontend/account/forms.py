"""The forms of the account. What may be entered is decided where it is used; they say where it is wrong."""

from __future__ import annotations

import uuid
from typing import ClassVar, Final

from django import forms
from typing_extensions import override

from frontend.account.account_form import AccountForm
from scores.accounts.errors import NameTaken, WeakPassword, WrongCredentials
from scores.models import GameSession
from scores.names import InvalidName

_NAME: Final = {"autocomplete": "username", "autocapitalize": "off", "spellcheck": "false"}


def _password(label: str, missing: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": missing},
    )


def _new_password(label: str, missing: str) -> forms.CharField:
    field = _password(label, missing)
    field.widget.attrs["autocomplete"] = "new-password"
    field.help_text = "Keep it in a password manager: nobody can send you a new one."
    return field


class SignupForm(AccountForm):
    """A new account."""

    beside: ClassVar = {InvalidName: "username", NameTaken: "username", WeakPassword: "password"}

    username = forms.CharField(
        label="Name",
        strip=False,
        help_text="As the board will show it.",
        widget=forms.TextInput(attrs=_NAME),
        error_messages={"required": "Choose a name."},
    )
    password = _new_password("Password", "Choose a password.")


class LoginForm(AccountForm):
    """Who wants to log in."""

    username = forms.CharField(
        label="Name",
        strip=False,
        widget=forms.TextInput(attrs=_NAME),
        error_messages={"required": "Enter your name."},
    )
    password = _password("Password", "Enter your password.")


class _OwnPassword(AccountForm):
    """A form of somebody who is logged in, and whose password is asked for once more."""

    field: ClassVar[str]

    @override
    def tell(self, error: Exception) -> None:
        if isinstance(error, WrongCredentials):
            self.add_error(self.field, "This is not your password.")
        else:
            super().tell(error)


class PasswordForm(_OwnPassword):
    """Another password."""

    field = "old_password"
    beside: ClassVar = {WeakPassword: "new_password"}

    old_password = _password("Current password", "Enter your current password.")
    new_password = _new_password("New password", "Choose a new password.")


class DeleteForm(_OwnPassword):
    """The end of the account."""

    field = "password"

    password = _password("Your password", "Enter your password.")


class DataForm(AccountForm):
    """Asks for a copy of one's data; there is nothing to fill in."""


def _draw_key() -> str:
    return str(uuid.uuid4())


class SubmitForm(AccountForm):
    """A session of one's own. The hidden key lets it count once, however often this form arrives."""

    score = forms.IntegerField(
        label="Score",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "Enter the score.", "invalid": "A score is a whole number."},
    )
    game_mode = forms.CharField(
        label="Game mode",
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter the game mode."},
    )
    outcome = forms.TypedChoiceField(
        label="Outcome",
        required=False,
        choices=[("", "None"), *GameSession.Outcome.choices],
        empty_value=None,
        error_messages={"invalid_choice": "Choose one of the outcomes, or none."},
    )
    key = forms.CharField(required=False, widget=forms.HiddenInput, initial=_draw_key)

    def draw_key(self) -> None:
        """Make what is sent next another session than the one that this form was sent with."""
        self.data = {**dict(self.data.items()), "key": _draw_key()}
