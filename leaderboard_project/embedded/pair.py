"""The pair: one PostgreSQL and one Valkey on one data directory, under one lock."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from leaderboard_project.embedded import secrets, sockets
from leaderboard_project.embedded.addresses import Addresses, addresses_on
from leaderboard_project.embedded.errors import EmbeddedError
from leaderboard_project.embedded.home import make_open_directory, settle
from leaderboard_project.embedded.lock import DataLock
from leaderboard_project.embedded.postgres import Postgres
from leaderboard_project.embedded.secrets import Secrets
from leaderboard_project.embedded.valkey import Valkey


class Pair:
    """Both servers; a context manager that starts what it was asked for and stops it in order."""

    def __init__(
        self, data_directory: Path, *, command: str, postgres: bool = True, valkey: bool = True, durable: bool = True
    ) -> None:
        """Describe the pair on `data_directory`; nothing is made or started yet.

        Args:
            data_directory: made if it does not exist.
            command: what runs it, told to whoever finds the data in use.
            postgres: False when an outside PostgreSQL is used.
            valkey: False when an outside Valkey is used.
            durable: False only for throw-away test servers.
        """
        self._data = data_directory.resolve()
        self._command = command
        self._postgres = postgres
        self._valkey = valkey
        self._durable = durable
        self._lock = DataLock(self._data)
        self._sockets = sockets.socket_directory(self._data)
        self._servers: list[Postgres | Valkey] = []
        self.secrets = Secrets(self._data)

    @property
    def addresses(self) -> Addresses:
        """The addresses of the pair; their passwords are drawn at the first start."""
        return addresses_on(self._data)

    def __enter__(self) -> Self:
        """Start the servers."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the servers."""
        self.stop()

    def start(self, *, wait_s: float = 0.0) -> None:
        """Take the data directory and start the servers; all or none.

        Args:
            wait_s: how long to wait for another holder of the data directory to leave.

        Raises:
            DataInUse: somebody else holds it.
            ServerFailed: a server does not come up.
            EmbeddedError: directories, accounts or wheels are not as they must be.
        """
        try:
            if os.geteuid() == 0:
                make_open_directory(self._data)  # the servers run as another account
            else:
                self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire(self._command, wait_s=wait_s)
        except PermissionError:
            raise EmbeddedError(
                f"{self._data} belongs to another account; start as that one or choose another directory with --data."
            ) from None
        try:
            self._servers = self._described()
            for server in self._servers:
                server.start()
        except BaseException:
            self.stop()
            raise

    def restart_dead(self) -> list[str]:
        """Start again what has ended by itself; return the names of these servers."""
        dead = [server for server in self._servers if not server.is_running()]
        for server in dead:
            server.stop()
            server.start()
        return [type(server).__name__ for server in dead]

    def pids(self) -> list[int]:
        """The servers' process ids."""
        return [server.pid for server in self._servers if server.pid is not None]

    def stop(self) -> None:
        """Stop Valkey, then PostgreSQL, and let go of the data directory. Harmless when nothing runs."""
        for server in reversed(self._servers):
            server.stop()
        if self._servers:
            shutil.rmtree(self._sockets, ignore_errors=True)
        self._servers = []
        self._lock.release()

    def _described(self) -> list[Postgres | Valkey]:
        home = settle(self._data)
        logs = self._data / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        sockets.make_socket_directory(self._sockets, home.account)
        servers: list[Postgres | Valkey] = []
        if self._postgres:
            servers.append(
                Postgres(
                    binaries=home.programs.postgres_bin,
                    directory=home.directory / "postgres",
                    sockets=self._sockets,
                    log=logs / "postgres.log",
                    account=home.account,
                    password=self.secrets.get_or_draw(secrets.POSTGRES_PASSWORD),
                    durable=self._durable,
                )
            )
        if self._valkey:
            home.account.make_directory(home.directory / "valkey")
            servers.append(
                Valkey(
                    program=home.programs.valkey_server,
                    directory=home.directory / "valkey",
                    sockets=self._sockets,
                    log=logs / "valkey.log",
                    account=home.account,
                    password=self.secrets.get_or_draw(secrets.VALKEY_PASSWORD),
                )
            )
        return servers
