"""The frames of the door for game servers: what the server says, and the strict reading of what it is sent.

Items, results and errors are those of the batch endpoint; only what is around them is told here.
`docs/protocol.md` describes each frame.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from realtime.messages import Bye, RequestId, ServerFrame
from scores.api import contract, submission
from scores.api.codes import Code
from scores.api.documents import MAX_BATCH_BODY
from scores.api.errors import ApiError


class InFlight(Struct, frozen=True):
    """How much a game server may send ahead of the answers; beyond it the server stops reading."""

    frames: int
    sessions: int


class Hello(ServerFrame, frozen=True, tag="hello"):
    """The first frame of a socket."""

    window: InFlight
    frame_bytes: int = MAX_BATCH_BODY
    frame_sessions: int = contract.MAX_BATCH


class Receipts(Struct, frozen=True):
    """The answer to a frame that was taken: one result for each session, in order."""

    id: RequestId
    receipts: list[contract.Result]


class Failure(Struct, frozen=True, kw_only=True):
    """The answer to a frame of which nothing was taken."""

    id: RequestId | UnsetType = UNSET
    status: int
    error: contract.Error
    #: When to send it again, where that is right.
    retry_ms: int | UnsetType = UNSET


#: The byes of this door. A game server comes back sooner than thousands of pages should.
REVOKED: Final = Bye(code=4003, reason="key revoked", retry_ms=None)
OVERLOADED: Final = Bye(code=4100, reason="too many sockets", retry_ms=(1_000, 10_000))
DRAIN: Final = Bye(code=4101, reason="drain", retry_ms=(200, 3_000))

Said = ServerFrame | Receipts | Failure

_encoder: Final = msgspec.json.Encoder()


def encode(frame: Said) -> str:
    """The frame's text."""
    return _encoder.encode(frame).decode()


def failure(error: ApiError, request_id: RequestId | UnsetType = UNSET) -> Failure:
    """The frame that tells an error."""
    retry_after_s = error.headers.get("Retry-After")
    return Failure(
        id=request_id,
        status=error.code.status,
        error=error.error,
        retry_ms=UNSET if retry_after_s is None else int(retry_after_s) * 1000,
    )


@dataclass(frozen=True, slots=True)
class Submitted:
    """A frame of sessions, of which none has been looked at yet."""

    id: RequestId
    items: list[object]


class Unreadable(Exception):
    """A frame that no session can be taken from; carries the answer."""

    def __init__(self, frame: Failure) -> None:
        super().__init__(frame.error.detail)
        self.frame = frame


async def read(text: str | None, *, decoded: Callable[[bytes], Awaitable[dict[str, Any]]]) -> Submitted:
    """The sessions that a frame brings.

    Args:
        text: the frame; None where it was a binary one.
        decoded: makes an object of a frame's bytes, strictly.

    Raises:
        Unreadable: with the error that the batch endpoint would tell; never anything else.
    """
    request_id: RequestId | UnsetType = UNSET
    try:
        document = await decoded(_raw(text))
        request_id = _id_of(document)
        return Submitted(request_id, submission.items_of(document))
    except ApiError as error:
        raise Unreadable(failure(error, request_id)) from error


def _raw(text: str | None) -> bytes:
    if text is None:
        raise ApiError(Code.UNSUPPORTED_MEDIA_TYPE, "Send JSON as text frames; this one was binary.")
    raw = text.encode()
    if len(raw) > MAX_BATCH_BODY:  # uvicorn ends the connection before that, other servers do not
        raise ApiError(Code.BODY_TOO_LARGE, f"A frame must not be larger than {MAX_BATCH_BODY} bytes.")
    return raw


def _id_of(document: dict[str, Any]) -> RequestId:
    """Take the frame's id out of its document."""
    if "id" not in document:
        raise ApiError(Code.MISSING_FIELD, "The field `id` is missing.", fields=["id"])
    try:
        request_id: RequestId = msgspec.convert(document.pop("id"), RequestId)
    except msgspec.ValidationError as error:
        sentence = "`id` must be a whole number below 2^53, or a text of up to 64 characters."
        raise ApiError(Code.WRONG_TYPE, sentence, fields=["id"]) from error
    return request_id
