"""The embedded PostgreSQL: makes its data directory once, starts it, tells whether it answers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from leaderboard_project.embedded.account import Account
from leaderboard_project.embedded.addresses import NAME, postgres_url
from leaderboard_project.embedded.errors import ServerFailed
from leaderboard_project.embedded.server import EmbeddedServer, ServerProcess

_SETTINGS = {
    "listen_addresses": "",  # never a TCP port: a unix socket in a private directory
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # every web process and the worker may keep some twenty; an unused slot costs little
    "fsync": "on",
    "synchronous_commit": "on",  # a receipt is only sent for what is on disk
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "jit": "off",  # every statement is short; planning for a compiler would cost more than it gives
    # After a checkpoint each page is logged whole when it is first touched, which makes the log ten times larger
    # for a while where many play: checkpoints are rare, and spread out instead of a stall. The price is a
    # recovery after a crash of up to half a minute.
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
}
_MIB = 1024 * 1024

#: For throw-away test servers only: they test behaviour, nothing of theirs must survive a power cut.
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB"}

_STOP_S = 30.0
_READY_S = 120.0  # recovery after a crash replays up to max_wal_size


def shared_buffers_mib(memory: int) -> int:
    """How much of so many bytes of memory PostgreSQL keeps pages in: an eighth, from 128 to 1,024 MiB.

    A million standings with their indexes are 300 MB. Where they have no room a page comes from the
    kernel each time, and a session costs PostgreSQL 79 in place of 56 microseconds.

    >>> shared_buffers_mib(2 * 1024**3)
    256
    """
    return max(128, min(1024, memory // 8 // _MIB))


class _WrongPassword(Exception):
    """The server answers, but the role has another password."""


class Postgres(EmbeddedServer):
    """The one PostgreSQL of a data directory."""

    _stop_s = _STOP_S

    def __init__(
        self,
        *,
        binaries: Path,
        directory: Path,
        sockets: Path,
        log: Path,
        account: Account,
        password: str,
        durable: bool = True,
    ) -> None:
        """Describe the server; nothing is started or made yet.

        Args:
            binaries: the directory of `postgres` and `initdb`.
            directory: the data; made at the first start.
            sockets: the directory of the unix socket; must exist.
            log: the file that the server's messages go to.
            account: who it runs as; owns `directory`'s parent or may write there.
            password: of the role `rankcast`.
            durable: False only for throw-away servers.
        """
        self._binaries = binaries
        self._directory = directory
        self._sockets = sockets
        self._url = postgres_url(sockets, password)
        self._log = log
        self._account = account
        self._password = password
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        self._settings = {
            **_SETTINGS,
            "shared_buffers": f"{shared_buffers_mib(memory)}MB",
            "unix_socket_directories": str(sockets),
            **({} if durable else _NOT_DURABLE),
        }

    def start(self) -> None:
        """Start the server and return when it answers; the first start makes the data directory.

        Raises:
            ServerFailed: it does not come up; the message holds the end of its log.
        """
        if not self._directory.exists():
            self._make()
        try:
            self._start()
        except _WrongPassword:
            # The passwords were lost, or the data is older than they are. Who may write the files owns the data.
            self.stop()
            self._run_sql(self._directory, f"ALTER ROLE {NAME} PASSWORD '{self._password}';\n")
            self._start()

    def _start(self) -> None:
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        self._process = ServerProcess(
            [str(self._binaries / "postgres"), "-D", str(self._directory), *options],
            name="PostgreSQL",
            account=self._account,
            directory=self._directory,
            log=self._log,
            stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for every client to leave
            last_signal=signal.SIGQUIT,  # "immediate": the next start recovers from the log
            # They name a process id that may be anybody's by now: in a container, the same few come back at each start.
            leftovers=[self._directory / "postmaster.pid", self._sockets / ".s.PGSQL.5432.lock"],
        )
        self._process.wait_ready(self._answers, timeout_s=_READY_S)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            # psycopg has no error code for a refused connection; the server speaks English (LC_ALL=C).
            if "password authentication failed" in str(error):
                raise _WrongPassword from None
            return False
        return True

    def _make(self) -> None:
        """Make the data directory beside its place and rename it, so that a first start cut short leaves none."""
        unfinished = self._directory.with_name(f"{self._directory.name}.unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        self._account.make_directory(unfinished)
        self._run(
            "initdb",
            f"--pgdata={unfinished}",
            "--username=postgres",
            "--auth-local=scram-sha-256",
            "--auth-host=reject",
            "--encoding=UTF8",
            # The same order of text on every machine and after every upgrade of the C library.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
            *([] if self._settings["fsync"] == "on" else ["--no-sync"]),
        )
        # CREATEDB is for `uv run pytest`, pg_monitor for the health pages.
        self._run_sql(
            unfinished,
            f"CREATE ROLE {NAME} LOGIN CREATEDB PASSWORD '{self._password}' IN ROLE pg_monitor;\n"
            f"CREATE DATABASE {NAME} OWNER {NAME};\n",
        )
        unfinished.rename(self._directory)

    def _run_sql(self, directory: Path, statements: str) -> None:
        """Run statements, one a line, as the superuser while the server is down.

        In single-user mode no socket is open, and the superuser needs no password: nobody can log in as it.
        """
        self._run(
            "postgres",
            "--single",
            "-D",
            str(directory),
            "-c",
            "exit_on_error=true",
            "postgres",
            standard_input=statements,
        )

    def _run(self, program: str, *arguments: str, standard_input: str = "") -> None:
        done = subprocess.run(  # noqa: S603
            [str(self._binaries / program), *arguments],
            input=standard_input.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            check=False,
            **self._account.popen_options(),
        )
        if done.returncode != 0:
            lines = done.stdout.decode(errors="replace").strip().splitlines()
            raise ServerFailed(f"{program} failed: {' | '.join(lines[-3:])}")
