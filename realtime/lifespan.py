"""The live boards' part in the start and the stop of a web process."""

from __future__ import annotations

from realtime import running


async def startup() -> None:
    """Begin to listen for changes; called on the process's one loop before the first request."""
    await running.hub()


async def drain() -> None:
    """Say `bye` to every socket, so that clients come back spread over time, and close it; bounded in time.

    To be called before the server closes the sockets itself, which uvicorn does ahead of the lifespan's
    shutdown, with a bare 1012. Sockets that arrive from now on are turned away the same way.
    """
    await running.drain()


async def shutdown() -> None:
    """Drain what is still open, and end the tasks and connections of the live boards."""
    await running.drain()
    await running.stop()
