"""The REST contract as types: what a request's document may hold, and what every answer holds.

One definition decodes requests, encodes answers and writes the OpenAPI components. Ranges and
sentences that `submission` checks are only described here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from scores.ledger.values import MAXIMUM, Outcome, Status

MAX_BATCH: Final = 1000  # sessions; about 20 ms of the ledger's time
MAX_USER_ID: Final = 2**63 - 1  # PostgreSQL's bigint
MAX_USERNAME: Final = 64
MAX_GAME_MODE: Final = 50
MAX_IDEMPOTENCY_KEY: Final = 255

Score = Annotated[
    int,
    Meta(
        description="Points of the session; added to the player's total.",
        examples=[50],
        extra_json_schema={"minimum": 0, "maximum": MAXIMUM},
    ),
]
UserId = Annotated[
    int,
    Meta(description="The player's id.", examples=[123], extra_json_schema={"minimum": 1, "maximum": MAX_USER_ID}),
]
Username = Annotated[
    str,
    Meta(description="The player's name.", examples=["alice"], extra_json_schema={"minLength": 1, "maxLength": 64}),
]
GameMode = Annotated[
    str,
    Meta(
        description="Any name of a mode, printable characters.",
        examples=["survival"],
        extra_json_schema={"minLength": 1, "maxLength": MAX_GAME_MODE},
    ),
]
Total = Annotated[int, Meta(description="Sum of all scores that count.", examples=[1500])]
Rank = Annotated[int, Meta(description="1 + players with a better total; ties share a rank.", examples=[1])]
Moment = Annotated[datetime, Meta(tz=True)]
PlayedAt = Annotated[
    datetime,
    Meta(
        tz=True,
        description="When the session counts; now where left out. Not before 2000, not more than five minutes ahead.",
    ),
]


class Submission(Struct, kw_only=True, forbid_unknown_fields=True):
    """One session. A game server names the player by exactly one of `user_id` and `username`.

    A player submits for themselves: `user_id` may be left out, `username` and `played_at` must be.
    """

    score: Score
    game_mode: GameMode
    user_id: UserId | None = None
    username: Username | None = None
    outcome: Outcome | None = None
    played_at: PlayedAt | None = None


class BatchItem(Submission, kw_only=True, forbid_unknown_fields=True):
    """One session of a batch, with the idempotency key that a single submit sends as a header."""

    idempotency_key: (
        Annotated[
            str,
            Meta(
                description="Visible ASCII; the same session under the same key counts once.",
                extra_json_schema={"minLength": 1, "maxLength": MAX_IDEMPOTENCY_KEY},
            ),
        ]
        | None
    ) = None


class Batch(Struct, forbid_unknown_fields=True):
    """Sessions that are recorded independently of each other: one that is refused spoils none of the others."""

    sessions: Annotated[list[BatchItem], Meta(extra_json_schema={"minItems": 1, "maxItems": MAX_BATCH})]


class Receipt(Struct, kw_only=True):
    """A recorded session. `total_score` and `rank` are the player's on the board `global` after it."""

    session_id: int
    user_id: UserId
    username: Username
    score: Score
    game_mode: GameMode
    outcome: Outcome | None
    timestamp: Annotated[Moment, Meta(description="When the session counts.")]
    total_score: Total
    rank: Annotated[Rank | None, Meta(description="Null for a banned player, and while ranks are missing.")]
    status: Annotated[
        Status,
        Meta(
            description="`held`: recorded, and counts once a moderator lets it pass."
            " `voided`: a moderator has voided it since. `banned`: hidden for as long as the player is banned."
        ),
    ]


class Error(Struct, kw_only=True):
    """What went wrong: `code` for programs, `detail` for people, `fields` where some are to blame."""

    code: Annotated[str, Meta(examples=["score_out_of_range"])]
    detail: str
    fields: tuple[str, ...] | UnsetType = UNSET


class ErrorAnswer(Struct):
    """The one shape of every error."""

    error: Error


class Result(Struct, kw_only=True):
    """What became of one session of a batch: `receipt` and `replayed` where it is recorded, else `error`."""

    status: Annotated[int, Meta(description="The HTTP status that it would have had alone.", examples=[201])]
    receipt: Receipt | UnsetType = UNSET
    replayed: Annotated[bool, Meta(description="Whether the receipt is that of an earlier request.")] | UnsetType = (
        UNSET
    )
    error: Error | UnsetType = UNSET


class BatchAnswer(Struct):
    """One result for each session, in the order of the request."""

    results: list[Result]


class Row(Struct):
    """One player's place."""

    user_id: UserId
    username: Username
    rank: Rank
    total_score: Total


class BoardState(Struct, kw_only=True):
    """Which state of which board an answer was read from.

    `epoch` and `seq` are null where PostgreSQL answered (`source` is `sql`).
    """

    board: Annotated[str, Meta(examples=["global"])]
    window: Annotated[str, Meta(description="Which run of the board.", examples=["all"])]
    epoch: Annotated[str | None, Meta(description="Changes when the history of `seq` begins anew.")]
    seq: Annotated[int | None, Meta(description="Counts the changes of the board's visible top.")]
    as_of: Moment
    players: Annotated[int, Meta(description="Visible players of the whole window.")]
    source: Literal["ranks", "sql"]


class TopAnswer(BoardState, kw_only=True):
    """The best players, best first; equal totals by ascending user id."""

    top_players: list[Row]


class AroundAnswer(BoardState, kw_only=True):
    """The rows around one player, best first."""

    rows: list[Row]


class RankAnswer(BoardState, kw_only=True):
    """One player's place, and the share of the board's players that do not stand above them."""

    user_id: UserId
    username: Username
    rank: Rank
    total_score: Total
    percentile: Annotated[
        float, Meta(description="Percent of the board's players that are not ranked above.", examples=[99.5])
    ]


class FoundPlayer(Struct):
    """A player that a search found."""

    user_id: UserId
    username: Username


class PlayersAnswer(Struct):
    """At most 20 players, by name."""

    players: list[FoundPlayer]


class Alive(Struct):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Health(Struct):
    """Whether the server can serve.

    Without Valkey, or while ranks are being rebuilt, it serves from PostgreSQL: `degraded`.
    """

    status: Literal["ready", "degraded", "unavailable"]
    postgresql: Literal["ok", "away"]
    valkey: Literal["ok", "rebuilding", "away", "unknown"]
