"""One open socket of a game server: reads frames of sessions, and answers each as soon as it is recorded."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from django.db import Error

from realtime import submit_frames
from realtime.limits import Limits
from realtime.messages import PROTOCOL_ERROR, Bye
from realtime.ready_frames import FrameSink
from realtime.submit_frames import DRAIN, REVOKED, Receipts, Said, Submitted, Unreadable
from realtime.subscriber import Send
from realtime.window import Window
from scores.api.errors import ApiError
from scores.fast_door import Submits, told


class GameServer:
    """A peer that has shown a key which may submit. Belongs to one event loop.

    What it sends ahead of the answers is bounded: at the end of its window, or of that which all
    sockets share, nothing more is read from it, and TCP makes it wait. A frame leaves the window
    only when its answer has gone out, so a peer that reads no answers is not read from either.

    Args:
        secret: its API key.
        send: of its ASGI connection, which is accepted.
        sink: by which it can be dropped, where the server offers one.
        submits: the rules of submitting.
        shared: the sessions that all sockets of this process have under way.
        draining: set when this process stops.
        limits: the numbers that hold.
    """

    def __init__(
        self,
        secret: str,
        send: Send,
        sink: FrameSink | None,
        *,
        submits: Submits,
        shared: Window,
        draining: asyncio.Event,
        limits: Limits,
    ) -> None:
        self._secret = secret
        self._send = send
        self._sink = sink
        self._submits = submits
        self._draining = draining
        self._limits = limits
        self._frames = Window(limits.submit_frames)
        self._sessions = Window(limits.submit_sessions)
        self._shared = shared
        self._answering: set[asyncio.Task[None]] = set()

    async def serve(self, receive: Any) -> None:
        """Take and answer frames until the peer is gone or has to go; what was taken is answered in any case."""
        if (bye := await self._until_over(receive)) is not None:
            await self._leave(bye)
        elif self._answering:
            await asyncio.wait(self._answering)

    async def _until_over(self, receive: Any) -> Bye | None:
        """The reason to go that comes first; None: the peer is gone."""
        watching = [asyncio.create_task(each) for each in (self._read(receive), self._guard(), self._drained())]
        try:
            done, _ = await asyncio.wait(watching, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
        return next(task for task in watching if task in done).result()

    async def _read(self, receive: Any) -> Bye | None:
        bad_frames = 0
        while True:
            await self._frames.enter()
            event = await receive()
            if event["type"] != "websocket.receive":
                return None
            try:
                frame = await submit_frames.read(event.get("text"), decoded=self._submits.decoded)
            except Unreadable as unreadable:
                bad_frames += 1
                await self._say(unreadable.frame)
                self._frames.leave()
                if bad_frames >= self._limits.bad_frames:
                    return PROTOCOL_ERROR
            else:
                bad_frames = 0
                await self._take(frame)

    async def _take(self, frame: Submitted) -> None:
        await self._sessions.enter(len(frame.items))
        await self._shared.enter(len(frame.items))
        task = asyncio.create_task(self._answer(frame))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, frame: Submitted) -> None:
        answer: Said
        try:
            try:
                # As at the other doors: the key is asked for each time, and remembered for less than a second.
                api_key = await self._submits.may_submit(self._secret)
                answer = Receipts(frame.id, (await self._submits.recorded(api_key, frame.items)).results)
            except Exception as error:  # noqa: BLE001  an edge of the process: the peer is told, the log has the defect
                answer = submit_frames.failure(told(error), frame.id)
            await self._say(answer)
        finally:
            self._shared.leave(len(frame.items))
            self._sessions.leave(len(frame.items))
            self._frames.leave()

    async def _guard(self) -> Bye:
        """Look after the key of a peer that may be silent for hours."""
        while True:
            await asyncio.sleep(self._limits.key_check_s)
            try:
                await self._submits.may_submit(self._secret)
            except ApiError:
                return REVOKED
            except Error:
                pass  # nobody can tell now, and nothing can be recorded either

    async def _drained(self) -> Bye:
        await self._draining.wait()
        return DRAIN

    async def _say(self, frame: Said) -> None:
        with suppress(OSError):  # it has gone; `_read` hears of it
            await self._send({"type": "websocket.send", "text": submit_frames.encode(frame)})

    async def _leave(self, bye: Bye) -> None:
        """Answer what was taken, say why, and close; half of the time for each."""
        within_s = self._limits.drain_s / 2
        if self._answering:
            await asyncio.wait(self._answering, timeout=within_s)
        try:
            async with asyncio.timeout(within_s):
                await self._say(bye)
                await self._send({"type": "websocket.close", "code": bye.code, "reason": bye.reason})
        except TimeoutError:
            if self._sink is not None:  # a polite close would wait for a buffer that this peer never empties
                self._sink.transport.abort()
        except OSError:
            pass  # it has gone by itself
