"""A way to a real server on which connections meet faults: for tests of clients."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


def _answer(status: int, kind: str, body: str, more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status} Told\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}"
    )
    return f"{head}\r\n{body}".encode()


def told(status: int, code: str, *, retry_after: int | None = None) -> bytes:
    """A fault: nothing reaches the server, and this is answered."""
    body = f'{{"error": {{"code": "{code}", "detail": "Told by the test."}}}}'
    more = "" if retry_after is None else f"Retry-After: {retry_after}\r\n"
    return _answer(status, "application/json", body, more)


def page(status: int) -> bytes:
    """A fault: what a proxy says while its server restarts."""
    return _answer(status, "text/html", "<h1>Bad gateway</h1>")


#: Nothing is ever answered, and nothing reaches the server.
SILENCE = b""
#: The server does what it was asked, and its answer is lost.
LOST_ANSWER = None

Fault = bytes | None


class FaultyProxy:
    """Each connection meets the next fault; when there are none left, connections lead to the server."""

    def __init__(self, port: int, faults: Sequence[Fault]) -> None:
        self.url = ""
        self.met = 0
        self._port = port
        self._faults = list(faults)
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")

    def start(self) -> None:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """End every open connection, without a word."""
        self._loop.call_soon_threadsafe(self._cut)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._connected, "127.0.0.1")

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            self._open.discard(writer)
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._faults:
            await self._pass(reader, writer)
            return
        fault = self._faults.pop(0)
        self.met += 1
        if fault is LOST_ANSWER:
            there, back = await asyncio.open_connection("127.0.0.1", self._port)
            pumping = asyncio.create_task(_pump(reader, back))
            await there.read(1)
            pumping.cancel()
            back.close()
            return
        await reader.readuntil(b"\r\n\r\n")
        if fault == SILENCE:
            await reader.read()  # until the client gives up
            return
        assert fault is not None
        writer.write(fault)
        await writer.drain()
        await reader.read(65536)  # a close with unread bytes would take the answer back

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        pumps = [asyncio.create_task(_pump(reader, back)), asyncio.create_task(_pump(there, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            back.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()


@contextmanager
def faulty(port: int, *faults: Fault) -> Iterator[FaultyProxy]:
    """A proxy to the port, whose first connections meet these faults."""
    proxy = FaultyProxy(port, faults)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
