"""The one listening socket that all web processes of `serve` share, and the questions asked of it."""

from __future__ import annotations

import errno
import http.client
import ipaddress
import socket


class CannotListen(Exception):
    """The address cannot be listened on; the message is one sentence for the user."""


def listening_socket(host: str, port: int) -> socket.socket:
    """A TCP socket that already listens, so that a browser that comes early waits instead of failing.

    Raises:
        CannotListen: the port is taken, not allowed, or the host is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"Port {port} on {host} is in use; stop the other program or choose another with --port."
        elif error.errno == errno.EACCES:
            reason = f"Port {port} may not be opened by this account; choose one above 1023 with --port."
        else:
            reason = f"Cannot listen on {host}, port {port}: {error.strerror or error}."
        raise CannotListen(reason) from None


def local_address(listening: socket.socket) -> tuple[str, int]:
    """Host and port by which this machine itself reaches the socket."""
    host, port = listening.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        return ("127.0.0.1" if address.version == 4 else "::1"), port
    return host, port


def url_of(address: tuple[str, int]) -> str:
    """The URL of the server there."""
    host, port = address
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def answers_ready(address: tuple[str, int], host_header: str) -> bool:
    """Whether `/readyz` answers 200 right now; `host_header` is a name that the server takes for its own."""
    connection = http.client.HTTPConnection(*address, timeout=2)
    try:
        connection.request("GET", "/readyz", headers={"Host": host_header})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
