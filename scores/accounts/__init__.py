"""Accounts: signing up, logging in, staying logged in; slow for who guesses, and of no cost to the boards."""

from __future__ import annotations

from scores.accounts.errors import (
    HashingBusy,
    NameTaken,
    SignupClosed,
    Throttled,
    TooMany,
    WeakPassword,
    WrongCredentials,
)
from scores.accounts.families import expire
from scores.accounts.signing_in import change_password, login, signup

__all__ = [
    "HashingBusy",
    "NameTaken",
    "SignupClosed",
    "Throttled",
    "TooMany",
    "WeakPassword",
    "WrongCredentials",
    "change_password",
    "expire",
    "login",
    "signup",
]
