"""The processes that serve: how each is started, and what all of them find in their environment."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable

from django.conf import settings

from leaderboard_project.children import Child

_PYTHON = sys.executable
_MANAGE = str(settings.BASE_DIR / "manage.py")


def web(child: Callable[..., Child], listening: socket.socket, processes: int) -> list[Child]:
    """The web processes, which all accept from the one listening socket; `child` makes one from name and command."""
    command = [_PYTHON, "-m", "leaderboard_project.web", "--fd", str(listening.fileno())]
    return [child(f"web {number}", command, inherit=[listening.fileno()]) for number in range(1, processes + 1)]


def command(child: Callable[..., Child], name: str, *arguments: str) -> Child:
    """A management command that runs on, such as the worker."""
    return child(name, [_PYTHON, _MANAGE, name, *arguments])


def environment(allowed_hosts: list[str], *, demo: bool) -> dict[str, str]:
    """The environment of all of them: ours, and what only this process knows."""
    known = dict(os.environ)
    known["ALLOWED_HOSTS"] = ",".join(allowed_hosts)
    known["SECRET_KEY"] = settings.SECRET_KEY  # the same in all of them, also where it was drawn for this run
    known["PYTHONPATH"] = str(settings.BASE_DIR)  # `python -m` finds the package from any directory
    if demo:
        known.setdefault("RANKCAST_PLAYERS_MAY_SUBMIT", "1")
    return known
