"""A way to PostgreSQL or Valkey on which things go wrong, switched on and off while connections are open.

Unlike a server that is stopped, it can also say nothing, be slow, or lose a single answer. What is held back
in silence arrives when the silence ends, as after a real partition.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvloop
from psycopg.conninfo import conninfo_to_dict
from redis.connection import parse_url

#: A unix socket, or host and port.
Address = Path | tuple[str, int]

_CHUNK_BYTES = 64 * 1024
#: Of what is looked for in questions and answers, in bytes.
_LONGEST_WORDS = 256
#: What PostgreSQL answers where a transaction was committed: the message's kind, its length, its words.
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong on each connection, those included that are open already."""

    #: Nobody listens, and who was connected is so no more.
    refuse: bool = False
    #: Connections are taken, and nothing passes either way.
    silent: bool = False
    #: Each piece takes so long, either way. In seconds.
    delay_s: float = 0.0
    #: A connection is cut after so many bytes of answers.
    cut_after_bytes: int | None = None
    #: An answer that holds these bytes is lost, and its connection is cut.
    lost_answer: bytes = b""
    #: A question that holds these bytes is lost, and its connection is cut.
    lost_question: bytes = b""
    #: How many answers or questions are lost before the next ones pass; None: all of them.
    times: int | None = None


NOTHING = Fault()
REFUSE = Fault(refuse=True)
BLACK_HOLE = Fault(silent=True)
#: The transaction is committed, and who committed it never hears so.
LOST_COMMIT = Fault(lost_answer=COMMITTED, times=1)


class FaultProxy:
    """Passes connections on to a server, and the faults that it is told to."""

    def __init__(self, listening: Path, upstream: Address) -> None:
        """Prepare it; `listening` is the unix socket that it makes."""
        self._listening = listening
        self._upstream = upstream
        self._fault = NOTHING
        #: How many connections, answers and questions met a fault.
        self.met = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = uvloop.new_event_loop()
        # A daemon: whatever becomes of the test, the process does not wait for it.
        self._thread = threading.Thread(target=self._run, name="fault proxy", daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def meet(self, fault: Fault) -> None:
        """From now on `fault` happens, and no other."""
        asyncio.run_coroutine_threadsafe(self._change(fault), self._loop).result(10)

    def heal(self) -> None:
        """From now on nothing goes wrong; what was held back passes."""
        self.meet(NOTHING)

    @contextmanager
    def meeting(self, fault: Fault) -> Iterator[None]:
        """The fault happens as long as this is open."""
        self.meet(fault)
        try:
            yield
        finally:
            self.heal()

    def lead_to(self, upstream: Address) -> None:
        """From now on connections lead there; those that are open are cut."""
        self._upstream = upstream
        self.reset_all()

    def reset_all(self) -> None:
        """Cut all connections that are open; the next ones are welcome."""
        asyncio.run_coroutine_threadsafe(self._reset(), self._loop).result(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _begin(self) -> None:
        self._changed = asyncio.Condition()
        await self._listen()

    async def _listen(self) -> None:
        self._listening.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._connected, self._listening)

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._reset()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _change(self, fault: Fault) -> None:
        before, self._fault = self._fault, fault
        if fault.refuse and self._server is not None:
            self._server.close()
            self._server = None
            await self._reset()
        if before.refuse and not fault.refuse:
            await self._listen()
        async with self._changed:
            self._changed.notify_all()

    async def _reset(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(OSError, asyncio.CancelledError):
            await self._pass(reader, writer)
        writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._silence()
        there, back = await self._opened()
        both = {writer, back}
        self._open |= both
        pumps = [
            asyncio.create_task(self._pump(reader, back, answers=False)),
            asyncio.create_task(self._pump(there, writer, answers=True)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open -= both
            back.transport.abort()  # first: the next wait may be cut off
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._upstream, Path):
            return await asyncio.open_unix_connection(self._upstream)
        return await asyncio.open_connection(*self._upstream)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        """Pass pieces on until one side ends, or a fault does."""
        tail = b""  # what is looked for may lie across the border of two pieces
        passed, counted = 0, self._fault
        while piece := await reader.read(_CHUNK_BYTES):
            await self._silence()
            fault = self._fault
            if fault.delay_s:
                await asyncio.sleep(fault.delay_s)
            if fault is not counted:
                passed, counted = 0, fault
            words = fault.lost_answer if answers else fault.lost_question
            if self._is_lost(tail[max(0, len(tail) - len(words) + 1) :] + piece, words):
                return
            tail = (tail + piece)[-_LONGEST_WORDS:]
            if answers and fault.cut_after_bytes is not None:
                piece = piece[: fault.cut_after_bytes - passed]
                passed += len(piece)
            writer.write(piece)
            await writer.drain()
            if answers and passed == fault.cut_after_bytes:
                self.met += 1
                return

    def _is_lost(self, piece: bytes, words: bytes) -> bool:
        if not words or words not in piece or self._fault.times == 0:
            return False
        self.met += 1
        if self._fault.times is not None:
            self._fault = replace(self._fault, times=self._fault.times - 1)
        return True

    async def _silence(self) -> None:
        if self._fault.silent:
            self.met += 1
            async with self._changed:
                await self._changed.wait_for(lambda: not self._fault.silent)


@dataclass(frozen=True, slots=True)
class Way:
    """A proxy, and the address that leads through it."""

    proxy: FaultProxy
    url: str


@contextmanager
def before_postgresql(database_url: str) -> Iterator[Way]:
    """A proxy in front of this PostgreSQL."""
    parts = {name: str(value) for name, value in conninfo_to_dict(database_url).items()}
    host, port = parts.get("host", "/var/run/postgresql"), parts.get("port", "5432")
    upstream = Path(host) / f".s.PGSQL.{port}" if host.startswith("/") else (host, int(port))
    with _proxy(".s.PGSQL.5432", upstream) as proxy:
        who = f"{quote(parts.get('user', ''), safe='')}:{quote(parts.get('password', ''), safe='')}"
        where = quote(str(proxy._listening.parent), safe="")
        yield Way(proxy, f"postgresql://{who}@/{quote(parts.get('dbname', ''), safe='')}?host={where}")


@contextmanager
def before_valkey(redis_url: str) -> Iterator[Way]:
    """A proxy in front of this Valkey."""
    parts: dict[str, Any] = parse_url(redis_url)  # type: ignore[no-untyped-call]
    path = parts.get("path")
    upstream = Path(path) if path else (parts.get("host", "127.0.0.1"), int(parts.get("port", 6379)))
    with _proxy("valkey.sock", upstream) as proxy:
        password, number = quote(parts.get("password") or "", safe=""), parts.get("db", 0)
        yield Way(proxy, f"unix://{quote(str(proxy._listening))}?password={password}&db={number}")


@contextmanager
def _proxy(name: str, upstream: Address) -> Iterator[FaultProxy]:
    directory = Path(tempfile.mkdtemp(prefix="rankcast-proxy-"))
    proxy = FaultProxy(directory / name, upstream)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
        shutil.rmtree(directory, ignore_errors=True)
