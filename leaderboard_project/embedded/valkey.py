"""The embedded Valkey: its configuration, start, and a question whether it answers."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

from leaderboard_project.embedded.account import Account
from leaderboard_project.embedded.addresses import VALKEY_SOCKET
from leaderboard_project.embedded.server import EmbeddedServer, ServerProcess

_STOP_S = 10.0
_READY_S = 120.0  # loading a large append-only file takes its time
_ANSWER_S = 2.0


class Valkey(EmbeddedServer):
    """The one Valkey of a data directory."""

    _stop_s = _STOP_S

    def __init__(
        self, *, program: Path, directory: Path, sockets: Path, log: Path, account: Account, password: str
    ) -> None:
        """Describe the server; nothing is started yet.

        Args:
            program: `valkey-server`.
            directory: its data; must exist and belong to `account`.
            sockets: the directory of the unix socket; must exist.
            log: the file that the server's messages go to.
            account: who it runs as.
            password: asked of every client.
        """
        self._program = program
        self._directory = directory
        self._socket = sockets / VALKEY_SOCKET
        self._log = log
        self._account = account
        self._password = password

    def start(self) -> None:
        """Start the server and return when it has loaded its data and answers.

        Raises:
            ServerFailed: it does not come up; the message holds the end of its log.
        """
        self._process = ServerProcess(
            [str(self._program), "-"],
            name="Valkey",
            account=self._account,
            directory=self._directory,
            log=self._log,
            stop_signal=signal.SIGTERM,
            standard_input=self._configuration(),
        )
        self._process.wait_ready(self._answers, timeout_s=_READY_S)

    def _configuration(self) -> str:
        settings = {
            "port": "0",  # never a TCP port
            "unixsocket": _quoted(str(self._socket)),
            "unixsocketperm": "700",
            "requirepass": _quoted(self._password),
            "dir": _quoted(str(self._directory)),
            # A projection may lose its last second (the watermark goes back with it); rebuilding it whole costs more.
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",  # an evicted rank would be a wrong rank
            # The longest name with its rev. At the default of 64 bytes, one longer name takes its whole bucket of 128
            # out of the compact form: with one in a hundred, names took 68 bytes a player in place of 28.
            "hash-max-listpack-value": "280",
            "loglevel": "warning",
            "daemonize": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    def _answers(self) -> bool:
        """Whether the server takes the password and has loaded its data (until then it says -LOADING)."""
        question = _command("AUTH", self._password) + _command("PING")
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_ANSWER_S)
                connection.connect(str(self._socket))
                connection.sendall(question)
                answer = b""
                while answer.count(b"\r\n") < 2 and (received := connection.recv(1024)):
                    answer += received
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def _command(*words: str) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words)


def _quoted(text: str) -> str:
    r"""A value of Valkey's configuration in double quotes.

    >>> print(_quoted('a "b" \\ c'))
    "a \"b\" \\ c"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
