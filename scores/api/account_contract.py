"""The REST contract of the accounts as types, like `contract`, which holds that of boards and sessions."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from scores.accounts.passwords import MAX_CHARACTERS
from scores.api.contract import GameMode, Moment, UserId, Username
from scores.ledger.values import MAXIMUM, Outcome

Password = Annotated[
    str,
    Meta(
        description="The password.",
        examples=["correct horse battery staple"],
        extra_json_schema={"maxLength": MAX_CHARACTERS, "format": "password"},
    ),
]
NewPassword = Annotated[
    str,
    Meta(
        description="At least 12 characters, none of the passwords that everybody tries first, and not the name.",
        examples=["correct horse battery staple"],
        extra_json_schema={"minLength": 12, "maxLength": MAX_CHARACTERS, "format": "password"},
    ),
]
RefreshToken = Annotated[
    str, Meta(description="The newest refresh token of the login.", extra_json_schema={"maxLength": 100})
]


class Signup(Struct, kw_only=True, forbid_unknown_fields=True):
    """A new account."""

    username: Username
    password: NewPassword


class Login(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who wants to log in."""

    username: Username
    password: Password


class Refresh(Struct, kw_only=True, forbid_unknown_fields=True):
    """The login that goes on, or ends."""

    refresh_token: RefreshToken


class PasswordChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """The password so far, and the new one."""

    old_password: Password
    new_password: NewPassword


class Account(Struct, kw_only=True):
    """The player who is logged in."""

    user_id: UserId
    username: Username


class Tokens(Struct, kw_only=True):
    """A pair of tokens: one for requests, one for the next pair."""

    player: Account
    access_token: Annotated[str, Meta(description="For `Authorization: Bearer`. Opaque to you.")]
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  what kind of token, not one
    expires_in: Annotated[int, Meta(description="Seconds for which the access token is good.", examples=[600])]
    refresh_token: Annotated[str, Meta(description="Good once. Keep it secret, and keep the newest.")]
    refresh_expires_at: Annotated[Moment, Meta(description="When the login ends unless it is refreshed before.")]


class Ban(Struct, kw_only=True):
    """Why a player is hidden, and until when."""

    reason: str
    until: Annotated[Moment | None, Meta(description="Null: until a moderator decides otherwise.")]


class Me(Account, kw_only=True):
    """Who asks."""

    state: Annotated[Literal["active", "banned"], Meta(description="`banned`: hidden from every board.")]
    ban: Ban | None
    joined_at: Moment


class Ticket(Struct, kw_only=True):
    """Opens one socket: `GET /ws/leaderboard/?ticket=…`."""

    ticket: str
    expires_in: Annotated[int, Meta(description="Seconds for which it is good.", examples=[30])]


class OwnSession(Struct, kw_only=True):
    """One session as its player sees it."""

    session_id: int
    score: Annotated[
        int,
        Meta(
            description="Points; may be negative where a moderator took some.",
            extra_json_schema={"minimum": -MAXIMUM, "maximum": MAXIMUM},
        ),
    ]
    game_mode: GameMode
    outcome: Outcome | None
    timestamp: Annotated[Moment, Meta(description="When the session counts.")]
    kind: Annotated[
        Literal["game", "adjustment"], Meta(description="`adjustment`: points that a moderator gave or took.")
    ]
    status: Annotated[
        Literal["counted", "held", "voided"],
        Meta(description="`held`: waits for a moderator. `voided`: does not count."),
    ]


class OwnSessions(Struct, kw_only=True):
    """A page of sessions, newest first."""

    sessions: list[OwnSession]
    next_before: Annotated[int | None, Meta(description="`before` of the next page; null on the last.")]
