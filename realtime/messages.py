"""The frames of the protocol `lb.v1`: what the server says, and the strict reading of what clients say.

`docs/protocol.md` describes every one of them under a heading of its own; a test keeps the two in step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from realtime.board import Board, Diff, crc
from realtime.ready_frames import ReadyFrame
from scores.rows import Row, Source

SUBPROTOCOL = "lb.v1"
#: The window that a client means when it names none: the run that is open now.
CURRENT = "current"

#: What a client may put on a request to find its answer; given back as it was.
RequestId = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)] | Annotated[str, Meta(max_length=64)]
#: Boards and windows go by slugs; nothing else reaches Valkey or PostgreSQL.
Slug = Annotated[str, Meta(max_length=64, pattern=r"\A[-a-zA-Z0-9_]+\Z")]

ErrorCode = Literal[
    "bad_frame",
    "bad_json",
    "frame_too_large",
    "not_subscribed",
    "not_text",
    "too_many_boards",
    "unavailable",
    "unknown_board",
    "unknown_op",
    "unknown_window",
]

#: Errors that say that the frame could not be read; too many of them end the socket.
UNREADABLE: frozenset[ErrorCode] = frozenset({"bad_frame", "bad_json", "frame_too_large", "not_text"})


# --- What the server says ---------------------------------------------------------------------


class ServerFrame(Struct, frozen=True, tag_field="type"):
    """A frame from the server; its `type` names it."""


class Snapshot(ServerFrame, frozen=True, tag="snapshot"):
    """The complete visible top; replaces what the client has, asked for or not."""

    board: str
    window: str
    epoch: str | None
    seq: int | None
    rows: tuple[Row, ...]
    players: int
    as_of: datetime
    source: Source
    id: RequestId | UnsetType = UNSET


class Resumed(ServerFrame, frozen=True, tag="resumed"):
    """The answer to a `since` that is current: keep your rows."""

    board: str
    window: str
    epoch: str
    seq: int
    id: RequestId | UnsetType = UNSET


class DiffFrame(ServerFrame, frozen=True, tag="diff"):
    """Changed or new rows and the ids of those who left, from one seq to another."""

    board: str
    window: str
    epoch: str
    from_seq: int = msgspec.field(name="from")
    seq: int
    rows: tuple[Row, ...]
    gone: tuple[int, ...]
    players: int
    as_of: datetime


class BoardBeat(Struct, frozen=True):
    """What one socket was last sent of one board."""

    board: str
    window: str
    epoch: str | None
    seq: int | None
    crc: str


class Beat(ServerFrame, frozen=True, tag="beat"):
    """A sign of life, and the state the client ought to have."""

    boards: tuple[BoardBeat, ...]


class Pong(ServerFrame, frozen=True, tag="pong"):
    """The answer to a ping."""

    id: RequestId | UnsetType = UNSET


class Error(ServerFrame, frozen=True, tag="error"):
    """A request that was not granted; the socket stays open."""

    code: ErrorCode
    detail: str
    temporary: bool = False
    retry_ms: int | None = None
    id: RequestId | UnsetType = UNSET


class Bye(ServerFrame, frozen=True, tag="bye"):
    """The last frame before the server closes the socket with the same code."""

    code: int
    reason: str
    #: Least and most milliseconds to wait before connecting again; None: do not.
    retry_ms: tuple[int, int] | None


SERVER_FRAMES: tuple[type[ServerFrame], ...] = (Snapshot, Resumed, DiffFrame, Beat, Pong, Error, Bye)

#: The byes this server says. Below 4100: stop. From 4100: come back after `retry_ms`.
PROTOCOL_ERROR = Bye(code=4005, reason="protocol error", retry_ms=None)
DRAIN = Bye(code=4101, reason="drain", retry_ms=(500, 20_000))
STUCK_READER = Bye(code=4102, reason="stuck reader", retry_ms=(1_000, 10_000))
RATE_LIMIT = Bye(code=4103, reason="rate limit", retry_ms=(5_000, 30_000))

_encoder = msgspec.json.Encoder()


def encode(frame: ServerFrame) -> ReadyFrame:
    """The frame as it goes over the wire."""
    return ReadyFrame(_encoder.encode(frame))


def snapshot(board: Board, request_id: RequestId | UnsetType = UNSET) -> Snapshot:
    """The snapshot frame of a board."""
    return Snapshot(
        board=board.board,
        window=board.window,
        epoch=board.epoch,
        seq=board.seq,
        rows=board.rows,
        players=board.players,
        as_of=board.as_of,
        source=board.source,
        id=request_id,
    )


def unavailable(request_id: RequestId | UnsetType = UNSET) -> Error:
    """The error that says: not now."""
    detail = "The board cannot be read now."
    return Error(code="unavailable", detail=detail, temporary=True, retry_ms=2_000, id=request_id)


def diff_frame(diff: Diff) -> DiffFrame:
    """The diff frame of a difference."""
    return DiffFrame(
        board=diff.board,
        window=diff.window,
        epoch=diff.epoch,
        from_seq=diff.from_seq,
        seq=diff.seq,
        rows=diff.rows,
        gone=diff.gone,
        players=diff.players,
        as_of=diff.as_of,
    )


def beat(boards: Sequence[Board]) -> Beat:
    """The beat of a socket that was last sent these boards."""
    return Beat(
        boards=tuple(
            BoardBeat(board=board.board, window=board.window, epoch=board.epoch, seq=board.seq, crc=crc(board.rows))
            for board in boards
        )
    )


# --- What clients say -------------------------------------------------------------------------


class Since(Struct, frozen=True):
    """The state that a returning client still has."""

    epoch: str
    seq: int


class ClientFrame(Struct, frozen=True, tag_field="op"):
    """A frame from a client; its `op` names it. Fields we do not know are ignored."""


class Subscribe(ClientFrame, frozen=True, tag="subscribe"):
    """Watch a board from now on."""

    board: Slug
    window: Slug = CURRENT
    since: Since | None = None
    id: RequestId | UnsetType = UNSET


class Unsubscribe(ClientFrame, frozen=True, tag="unsubscribe"):
    """Watch a board no longer."""

    board: Slug
    window: Slug = CURRENT
    id: RequestId | UnsetType = UNSET


class Resync(ClientFrame, frozen=True, tag="resync"):
    """Send me a snapshot: what I have does not fit."""

    board: Slug
    window: Slug = CURRENT
    id: RequestId | UnsetType = UNSET


class Ping(ClientFrame, frozen=True, tag="ping"):
    """Are you there?"""

    id: RequestId | UnsetType = UNSET


Request = Subscribe | Unsubscribe | Resync | Ping
CLIENT_FRAMES: tuple[type[ClientFrame], ...] = (Subscribe, Unsubscribe, Resync, Ping)


class Rejected(Exception):
    """A client frame that cannot be granted; carries the error frame that says why."""

    def __init__(self, code: ErrorCode, detail: str, request_id: RequestId | UnsetType = UNSET) -> None:
        super().__init__(detail)
        self.frame = Error(code=code, detail=detail, id=request_id)


class _Envelope(Struct, frozen=True):
    """What every client frame has, read first so that the error can name what is wrong."""

    op: str
    id: RequestId | UnsetType = UNSET


_envelope_decoder = msgspec.json.Decoder(_Envelope)
_request_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_OPS = frozenset(str(frame.__struct_config__.tag) for frame in CLIENT_FRAMES)


def parse(text: str | None, *, max_bytes: int) -> Request:
    """The request that a client frame makes.

    Args:
        text: the frame; None where the client sent bytes.
        max_bytes: the longest frame that is looked at.

    Raises:
        Rejected: with a stable code and a sentence for people; never anything else.
    """
    if text is None:
        raise Rejected("not_text", "Send JSON as text frames; this one was binary.")
    raw = text.encode()
    if len(raw) > max_bytes:
        raise Rejected("frame_too_large", f"A frame may have {max_bytes} bytes; this one has {len(raw)}.")
    request_id: RequestId | UnsetType = UNSET
    try:
        envelope = _envelope_decoder.decode(raw)
        request_id = envelope.id
        if envelope.op not in _OPS:
            raise Rejected("unknown_op", "Known are " + ", ".join(sorted(_OPS)) + ".", request_id)
        return _request_decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Rejected("bad_frame", f"{error}.", request_id) from None
    except (msgspec.DecodeError, RecursionError):  # RecursionError: a field we ignore may be nested without end
        raise Rejected("bad_json", "The frame is not JSON.", request_id) from None
