"""Answers that need no Django: errors in the shape of the API, and the sign of life."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asgiref.typing import ASGISendCallable

Headers = Sequence[tuple[bytes, bytes]]


def error_document(code: str, detail: str) -> bytes:
    """`{"error": {"code", "detail"}}`."""
    return _json({"error": {"code": code, "detail": detail}})


async def answer_error(send: ASGISendCallable, status: int, code: str, detail: str, *, headers: Headers = ()) -> None:
    """Send `{"error": {"code", "detail"}}` with the status."""
    await answer(send, status, {"error": {"code": code, "detail": detail}}, headers=headers)


async def answer(send: ASGISendCallable, status: int, document: object, *, headers: Headers = ()) -> None:
    """Send a small JSON document with the status."""
    body = _json(document)
    own = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers], "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
