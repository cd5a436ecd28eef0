"""Runs web processes on a free port of the loopback until they are not needed any more."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from leaderboard_project import fleet
from leaderboard_project.bench.errors import BenchFailed
from leaderboard_project.bench.progress import Progress
from leaderboard_project.children import Child, parent_pipe
from leaderboard_project.listening import answers_ready, listening_socket, local_address

HOST = "127.0.0.1"
_READY_S = 120.0
_STOP_S = 15.0


@contextmanager
def served(
    name: str, environment: Mapping[str, str], processes: int, progress: Progress, *, send_buffer: int | None = None
) -> Iterator[tuple[tuple[str, int], tuple[Child, ...], Child]]:
    """Run the product's web processes and its worker until the end of the block: their address, and both.

    `send_buffer` makes the kernel's room for what a client has not read yet so small, in bytes: on loopback it is
    megabytes, and nothing would ever be seen of a slow reader.
    """
    with _described(environment) as (listening, child):
        if send_buffer is not None:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)  # its connections inherit it
        web = fleet.web(child, listening, processes)
        worker = fleet.command(child, "worker")
        progress.begin(f"starting {name}")
        with started([*web, worker], listening, ending=signal.SIGTERM) as address:
            yield address, tuple(web), worker


@contextmanager
def served_by(
    command: Sequence[str], environment: Mapping[str, str], processes: int
) -> Iterator[tuple[tuple[str, int], tuple[Child, ...]]]:
    """The same for another server: `command` gets the number of the listening file descriptor as its last word."""
    with _described(environment) as (listening, child):
        fd = listening.fileno()
        web = [child(f"{command[2]} {n}", [*command, str(fd)], inherit=[fd]) for n in range(1, processes + 1)]
        # It has nothing to lose. A daphne whose requests were cut off never ends by itself.
        with started(web, listening, ending=signal.SIGKILL) as address:
            yield address, tuple(web)


@contextmanager
def started(
    children: Sequence[Child], listening: socket.socket, *, ending: signal.Signals
) -> Iterator[tuple[str, int]]:
    """Run processes that share a listening socket until the end of the block; its address, once they are ready."""
    address = local_address(listening)
    try:
        for child in children:
            child.start()
        _wait_ready(children, address)
        yield address
    finally:
        end(children, ending)


@contextmanager
def _described(environment: Mapping[str, str]) -> Iterator[tuple[socket.socket, Callable[..., Child]]]:
    listening = listening_socket(HOST, 0)
    reading, writing = parent_pipe()
    with listening, reading, writing:
        yield listening, partial(Child, environment=environment, pipe=reading)


def _wait_ready(children: Sequence[Child], address: tuple[str, int]) -> None:
    deadline = time.monotonic() + _READY_S
    while not answers_ready(address, HOST):
        for child in children:
            if not child.is_running():
                raise BenchFailed(f"{child.name} ended while starting; its last words are above.")
        if time.monotonic() >= deadline:
            raise BenchFailed(f"{children[0].name} was not ready within {_READY_S:.0f} s.")
        time.sleep(0.05)


def end(children: Sequence[Child], ending: signal.Signals) -> None:
    """Send all of them the signal, and return when they have ended, or were killed for taking too long."""
    for child in children:
        if child.pid is not None and child.is_running():
            os.kill(child.pid, ending)
    deadline = time.monotonic() + _STOP_S
    while any(child.is_running() for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in children:
        child.kill()
