"""The ways by which a client submits sessions, each told as what it knows afterwards: ok, fail or info."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.faults.history import Kind

#: So many frames by one socket; then by another, which leads to any web process.
_FRAMES = 20
#: Longer than the product lets anybody wait for a commit.
_PATIENCE_S = 12.0


@dataclass(frozen=True, slots=True)
class Sent:
    """A session under its key."""

    key: str
    session: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What the client knows after a try."""

    kind: Kind
    receipt: dict[str, Any]
    why: str = ""
    #: Whether the same session may be taken another time.
    is_final: bool = False
    replayed: bool = False


class Door(Protocol):
    """One way in."""

    name: str

    async def submit(self, sessions: Sequence[Sent]) -> list[Told]:
        """What each session is told, in order."""
        ...

    async def close(self) -> None: ...


def unknown(why: str) -> Told:
    return Told("info", {}, why)


def told(status: int, body: dict[str, Any], *, replayed: bool) -> Told:
    """What a status and its body mean for the session."""
    if status == 201:
        return Told("ok", body, is_final=True, replayed=replayed)
    code = body.get("error", {}).get("code", "")
    why = f"{status} {code}"
    if status >= 500 and code != "unavailable":
        return unknown(why)
    return Told("fail", {}, why, is_final=status < 500 and status != 429)


class _Http:
    def __init__(self, url: str, api_key: str) -> None:
        # No retries: each outcome is for the history. No connection is kept, so that each web process has its share.
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Api-Key {api_key}"},
            timeout=_PATIENCE_S,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def _post(self, path: str, document: Any, **headers: str) -> httpx.Response | Told:
        try:
            return await self._client.post(path, json=document, headers=headers)
        except httpx.ConnectError as error:
            return Told("fail", {}, f"not connected: {error}")
        except httpx.HTTPError as error:
            return unknown(type(error).__name__)

    async def close(self) -> None:
        await self._client.aclose()


class Single(_Http):
    """One session a request."""

    name = "submit"

    async def submit(self, sessions: Sequence[Sent]) -> list[Told]:
        return [await self._one(each) for each in sessions]

    async def _one(self, sent: Sent) -> Told:
        answer = await self._post("/api/leaderboard/submit", sent.session, **{"Idempotency-Key": sent.key})
        if isinstance(answer, Told):
            return answer
        return told(answer.status_code, _body(answer), replayed="idempotent-replayed" in answer.headers)


class Batch(_Http):
    """Several sessions a request."""

    name = "batch"

    async def submit(self, sessions: Sequence[Sent]) -> list[Told]:
        items = [each.session | {"idempotency_key": each.key} for each in sessions]
        answer = await self._post("/api/leaderboard/submit/batch", {"sessions": items})
        if isinstance(answer, Told):
            return [answer] * len(sessions)
        if answer.status_code != 200:
            return [told(answer.status_code, _body(answer), replayed=False)] * len(sessions)
        return [_item(each) for each in answer.json()["results"]]


class Frames:
    """Several sessions a frame, over a socket that is opened anew when it was cut."""

    name = "socket"

    def __init__(self, url: str, api_key: str) -> None:
        self._url = f"{url.replace('http', 'ws', 1)}/ws/submit/"
        self._headers = {"Authorization": f"Api-Key {api_key}"}
        self._socket: ClientConnection | None = None
        self._frames = 0
        self._using = asyncio.Lock()

    async def submit(self, sessions: Sequence[Sent]) -> list[Told]:
        async with self._using:  # one frame in flight, so that the next answer is its own
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    return await self._exchange(sessions)
            except (OSError, TimeoutError, WebSocketException) as error:
                await self.close()
                return [unknown(type(error).__name__)] * len(sessions)

    async def _exchange(self, sessions: Sequence[Sent]) -> list[Told]:
        if self._socket is None:
            self._socket = await connect(
                self._url, additional_headers=self._headers, compression=None, close_timeout=1, proxy=None
            )
            await self._socket.recv()  # its hello
        self._frames += 1
        items = [each.session | {"idempotency_key": each.key} for each in sessions]
        await self._socket.send(json.dumps({"id": self._frames, "sessions": items}))
        while (answer := json.loads(await self._socket.recv())).get("id") != self._frames:
            pass  # it says goodbye
        if self._frames % _FRAMES == 0:
            await self.close()
        if "receipts" not in answer:
            return [told(answer.get("status", 503), answer, replayed=False)] * len(sessions)
        return [_item(each) for each in answer["receipts"]]

    async def close(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.transport.abort()


def _item(result: dict[str, Any]) -> Told:
    return told(result["status"], result.get("receipt") or result, replayed=bool(result.get("replayed")))


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body: dict[str, Any] = answer.json()
    except ValueError:
        return {}
    return body
