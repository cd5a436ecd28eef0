"""What can go wrong with an account, in the words of the people who meet it."""

from __future__ import annotations

from collections.abc import Sequence


class WrongCredentials(Exception):
    """The name or the password is wrong. Which of them is never told, nor whether there is such an account."""


class TooMany(Exception):
    """Not now: too much was asked.

    Attributes:
        retry_after_s: when to try again, in seconds.
    """

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Throttled(TooMany):
    """This address, this name or this player has tried too often."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("Too many attempts. Wait a little, then try again.", retry_after_s=retry_after_s)


class HashingBusy(TooMany):
    """This process checks as many passwords as it may at a time."""

    def __init__(self, retry_after_s: int = 1) -> None:
        super().__init__("Too many people are logging in. Try again in a moment.", retry_after_s=retry_after_s)


class WeakPassword(Exception):
    """The new password is refused.

    Attributes:
        messages: every reason, as sentences.
    """

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__(" ".join(messages))
        self.messages = tuple(messages)


class NameTaken(Exception):
    """Somebody already has this name, or one that reads the same."""


class SignupClosed(Exception):
    """Strangers may not make accounts here (`RANKCAST_SIGNUP`)."""


class InvalidToken(Exception):
    """The token is unknown, expired, used before, or its account may no longer log in."""
