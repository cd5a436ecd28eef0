"""One web process: `python -m leaderboard_project.web` runs uvicorn on a listening socket.

`serve` hands every web process the same socket (`--fd`); in a container each listens for itself
(`--host`, `--port`). Addresses of the servers come from the environment in both cases.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType

import django
import uvicorn
from django.core.exceptions import ImproperlyConfigured

from leaderboard_project import checks
from leaderboard_project.draining import DrainingServer
from leaderboard_project.parent import end_with_parent
from leaderboard_project.shortcut_protocol import ShortcutHttpProtocol
from leaderboard_project.socket_protocol import BoundedSocketProtocol

#: The largest inbound WebSocket message, in bytes: a batch of a thousand sessions. The live boards' limit is far below.
_SOCKET_MESSAGE_BYTES = 1024 * 1024
#: How long open requests and sockets may take to end at a shutdown, in seconds.
_GRACE_S = 10
#: The same once the parent is gone: PostgreSQL and Valkey are on their way out as well.
_GRACE_ORPHAN_S = 2
_BACKLOG = 2048


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM, Ctrl-C or the end of the parent."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leaderboard_project.settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    checks.refuse_errors()
    # uvicorn raises the signal that stopped it once more when it is done: this makes that an ordinary exit.
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGINT, _exit)
    config = _configuration(options.host, options.port)
    server = DrainingServer(config)

    def stop() -> None:
        config.timeout_graceful_shutdown = _GRACE_ORPHAN_S
        server.should_exit = True

    end_with_parent(stop)
    server.run(sockets=None if options.fd is None else [socket.socket(fileno=options.fd)])
    if not server.started:
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m leaderboard_project.web", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument("--fd", type=int, help="number of an inherited listening socket, in place of host and port")
    return parser


def _configuration(host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        "leaderboard_project.asgi:application",
        host=host,
        port=port,
        loop="uvloop",
        http=ShortcutHttpProtocol,
        ws=BoundedSocketProtocol,  # on the sans-io one: no other has bounded buffers per socket
        ws_max_size=_SOCKET_MESSAGE_BYTES,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ws_per_message_deflate=False,  # a compressor per socket costs memory and makes every frame its own
        lifespan="on",
        log_config=None,  # the settings' LOGGING holds for every process alike
        access_log=False,
        server_header=False,
        # `forwarded` knows how many proxies there are; uvicorn would believe the client, and hide the shortcut.
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=_GRACE_S,
    )


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
