"""PostgreSQL and Valkey as servers of somebody else: reached by TCP, with a password."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from psycopg.conninfo import conninfo_to_dict

from leaderboard_project.embedded.pair import Pair


@dataclass(frozen=True, slots=True)
class Server:
    """One server on loopback."""

    port: int
    password: str


@dataclass(frozen=True, slots=True)
class Outside:
    """Both servers."""

    postgresql: Server
    valkey: Server


@contextmanager
def servers(data: Path) -> Iterator[Outside]:
    """A throw-away pair, which listens on unix sockets only, behind two ports."""
    with Pair(data, command="pytest", durable=False) as pair:
        postgresql = conninfo_to_dict(pair.addresses.database_url)
        valkey = urlsplit(pair.addresses.redis_url)
        with (
            _port_of(f"{postgresql['host']}/.s.PGSQL.5432") as postgresql_port,
            _port_of(unquote(valkey.path)) as valkey_port,
        ):
            yield Outside(
                Server(postgresql_port, str(postgresql["password"])),
                Server(valkey_port, unquote(valkey.query.removeprefix("password="))),
            )


@contextmanager
def _port_of(path: str) -> Iterator[int]:
    """A port on loopback whose connections lead to the unix socket at `path`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=f"port of {path}")
    thread.start()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(path)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(connected, "127.0.0.1")

    async def stop(server: asyncio.Server) -> None:
        server.close()
        pumping = asyncio.all_tasks() - {asyncio.current_task()}
        for task in pumping:
            task.cancel()
        await asyncio.gather(*pumping, return_exceptions=True)

    listening = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        port: int = listening.sockets[0].getsockname()[1]
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(stop(listening), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
