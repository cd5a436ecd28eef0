"""The real product in its parts, each of which can be taken away: servers behind proxies, web processes, a worker."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from leaderboard_project.bench.field import Field
from leaderboard_project.bench.progress import Progress
from leaderboard_project.embedded.addresses import VALKEY_SOCKET
from leaderboard_project.embedded.home import settle
from leaderboard_project.embedded.pair import Pair
from leaderboard_project.embedded.sockets import socket_directory
from tests.acceptance.serving import MANAGE, environment, eventually
from tests.faults.parts import Part, wait_for_end
from tests.faults.proxy import FaultProxy, before_postgresql, before_valkey

_BASE = MANAGE.parent
_READY_S = 60.0


class Rig:
    """Starts whole: both servers, two web processes on one address, one worker. Ends whole, however it ends."""

    def __init__(self, *, webs: int = 2, armed: str = "", players: int = 0, disk_mib: int = 0) -> None:
        """Prepare it.

        Args:
            webs: how many web processes.
            armed: failpoints that every process of the product has.
            players: who is there from the beginning, each with a session.
            disk_mib: everything lies on a disk of its own of that size; 0: where all temporary files do.

        """
        self._webs = webs
        self._players = players
        self._disk_mib = disk_mib
        self.armed = armed
        self.webs: list[Part] = []
        self.worker: Part | None = None

    def __enter__(self) -> Self:
        self._open = ExitStack()
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _start(self) -> None:
        self.data = self._open.enter_context(_directory(self._disk_mib))
        # Durable: what a transaction that was answered has not written yet would go with a killed PostgreSQL.
        self.pair = self._open.enter_context(Pair(self.data, command="pytest"))
        addresses = self.pair.addresses
        self.database_url = addresses.database_url  # past the proxy, for those who look
        postgresql = self._open.enter_context(before_postgresql(self.database_url))
        valkey = self._open.enter_context(before_valkey(addresses.redis_url))
        #: Through the proxy, which may lead to another Valkey than the pair's.
        self.redis_url = valkey.url
        self.postgresql: FaultProxy = postgresql.proxy
        self.valkey: FaultProxy = valkey.proxy
        self._environment = environment(self.data) | {
            "DATABASE_URL": postgresql.url,
            "REDIS_URL": valkey.url,
            "SECRET_KEY": addresses.secret_key,
            "PYTHONPATH": str(_BASE),
        }
        self._environment.pop("RANKCAST_FAILPOINTS", None)
        self._listening = self._open.enter_context(socket.create_server(("127.0.0.1", 0), backlog=2048))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.run("migrate", "--verbosity", "0")
        made = self.run("create_api_key", "arena", "--scope", "sessions:submit", "--scope", "players:create")
        self.api_key = re.findall(r"rk_\S+", made)[0]
        if self._players:
            Field(self._players, self._players).load(self.database_url, Progress())
        self._open.callback(self._end_parts)
        self.webs = [self._web(number, self.armed, {}) for number in range(self._webs)]
        self.worker = self._new_worker(self.armed)
        assert eventually(self.is_ready, within_s=_READY_S), self.last_words()

    # --- Processes of the product ---------------------------------------------------------------

    def restart_web(
        self, number: int, armed: str | None = None, *, environment: Mapping[str, str] | None = None
    ) -> Part:
        """A new process in place of that one, which is ended if it still runs; with more in its environment."""
        self.webs[number].end()
        self.webs[number] = self._web(number, self.armed if armed is None else armed, environment or {})
        return self.webs[number]

    def restart_worker(self, armed: str | None = None) -> Part:
        """A new worker in place of the one that is."""
        if self.worker is not None:
            self.worker.end()
        self.worker = self._new_worker(self.armed if armed is None else armed)
        return self.worker

    def end_worker(self) -> None:
        """Go on without a worker."""
        if self.worker is not None:
            self.worker.end()
        self.worker = None

    def command(
        self, name: str, *arguments: str, armed: str = "", environment: Mapping[str, str] | None = None
    ) -> Part:
        """A management command in a process of its own, as the product runs it: through the proxies."""
        variables = self._armed(armed) | dict(environment or {})
        return Part(name, [sys.executable, str(MANAGE), name, *arguments], variables, self._log(name))

    def run(self, *arguments: str, armed: str = "") -> str:
        """What a management command that succeeds prints."""
        command = [sys.executable, str(MANAGE), *arguments]
        ran = subprocess.run(
            command, env=self._armed(armed), capture_output=True, text=True, check=False, timeout=_READY_S
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def is_ready(self) -> bool:
        """Whether a web process says that it may serve."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def last_words(self) -> str:
        """What the processes said last, for whoever reads a failure."""
        parts = [*self.webs, *([self.worker] if self.worker else [])]
        return "\n".join(f"--- {part.name}\n{part.last_words()}" for part in parts)

    # --- Servers --------------------------------------------------------------------------------

    @property
    def postgresql_pid(self) -> int:
        return self.pair.pids()[0]

    @property
    def valkey_pid(self) -> int:
        return self.pair.pids()[1]

    @property
    def postgresql_files(self) -> Path:
        return settle(self.data).directory / "postgres"

    @property
    def valkey_files(self) -> Path:
        return settle(self.data).directory / "valkey"

    def end_server(self, pid: int, how: signal.Signals) -> None:
        """End a server of the pair; it stays away until `start_servers`."""
        os.kill(pid, how)
        wait_for_end(pid)

    def start_servers(self) -> None:
        """Start again what has ended, and return when it answers."""
        self.pair.restart_dead()

    def mend(self) -> None:
        """Whatever a fault that failed itself has left behind: all of it runs again, and nothing is in its way."""
        for proxy in (self.postgresql, self.valkey):
            proxy.heal()
        self.start_servers()
        for number, web in enumerate(self.webs):
            if not web.is_running():
                self.restart_web(number)
        if self.worker is None or not self.worker.is_running():
            self.restart_worker()

    def lead_to_own_valkey(self) -> None:
        """After another Valkey had taken its place."""
        self.valkey.lead_to(socket_directory(self.data) / VALKEY_SOCKET)

    def put_back(self, copy: Path, files: Path) -> None:
        """Put an earlier copy in place of a server's files; the server must have ended."""
        shutil.rmtree(files)
        copy_files(copy, files)

    # --- Inside ---------------------------------------------------------------------------------

    def _web(self, number: int, armed: str, more: Mapping[str, str]) -> Part:
        fd = self._listening.fileno()
        command = [sys.executable, "-m", "leaderboard_project.web", "--fd", str(fd)]
        name = f"web-{number + 1}"
        return Part(name, command, self._armed(armed) | dict(more), self._log(name), inherit=[fd])

    def _new_worker(self, armed: str) -> Part:
        return self.command("worker", armed=armed)

    def _armed(self, armed: str) -> dict[str, str]:
        return self._environment | ({"RANKCAST_FAILPOINTS": armed} if armed else {})

    def _log(self, name: str) -> Path:
        return self.data / "logs" / f"{name}.log"

    def _end_parts(self) -> None:
        for part in (*self.webs, *([self.worker] if self.worker else [])):
            part.end()


def copy_files(source: Path, target: Path) -> None:
    """A copy of a directory whose owners and modes stay."""
    shutil.copytree(source, target, symlinks=True)
    if os.geteuid() == 0:
        for path in (source, *source.rglob("*")):
            owner = path.lstat()
            os.chown(target / path.relative_to(source), owner.st_uid, owner.st_gid, follow_symlinks=False)


@contextmanager
def _directory(disk_mib: int) -> Iterator[Path]:
    data = Path(tempfile.mkdtemp(prefix="rankcast-faults-"))
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, data, ignore_errors=True)
        if disk_mib:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk_mib}m", "rankcast", str(data)], check=True)
            undo.callback(subprocess.run, ["umount", "--lazy", str(data)], check=True)
        if os.geteuid() == 0:
            data.chmod(0o711)  # root's servers run as another account, which must pass through
        yield data
