"""uvicorn, taught to let the live boards say goodbye before it closes their sockets."""

from __future__ import annotations

import socket

import uvicorn
from typing_extensions import override


class DrainingServer(uvicorn.Server):
    """Says `bye` to every socket ahead of uvicorn's own shutdown.

    uvicorn closes all sockets with a bare 1012 before the application's lifespan hears of the
    shutdown; thousands of pages would then return in the same moment.
    """

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connections, drain the live boards (bounded in time), then shut down as ever."""
        from realtime import lifespan  # noqa: PLC0415 - only the loaded application has its models

        for server in self.servers:
            server.close()
        await lifespan.drain()
        await super().shutdown(sockets)
