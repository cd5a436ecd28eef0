"""The embedded pair itself: what it survives, and who may use it."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from leaderboard_project.embedded import for_command
from leaderboard_project.embedded.errors import DataInUse
from leaderboard_project.embedded.pair import Pair


@pytest.fixture
def data() -> Iterator[Path]:
    """A directory that root's servers, which run as another account, may enter."""
    directory = Path(tempfile.mkdtemp(prefix="rankcast-pair-"))
    if os.geteuid() == 0:
        directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def _pair(data: Path, command: str = "serve") -> Pair:
    return Pair(data, command=command, durable=False)


def _ask(pair: Pair, question: str) -> object:
    with psycopg.connect(pair.addresses.database_url) as connection:
        row = connection.execute(question).fetchone()
        assert row is not None
        return row[0]


def test_the_pair_is_private_and_its_text_is_the_same_everywhere(data: Path) -> None:
    with _pair(data) as pair:
        assert _ask(pair, "SHOW listen_addresses") == ""
        assert _ask(pair, "SHOW data_checksums") == "on"
        assert _ask(pair, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
        assert _ask(pair, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(pair.addresses.database_url.replace("rankcast:", "rankcast:not-"))
        arguments = [Path(f"/proc/{pid}/cmdline") for pid in pair.pids()]
        if all(path.exists() for path in arguments):
            told = b"".join(path.read_bytes() for path in arguments)
            assert pair.secrets.get_or_draw("valkey_password").encode() not in told


def test_a_lost_password_is_set_anew(data: Path) -> None:
    with _pair(data):
        pass
    (data / "secrets.json").unlink()

    with _pair(data) as pair:
        assert _ask(pair, "SELECT 1") == 1


def test_the_traces_of_a_killed_server_do_not_stop_the_next_start(data: Path) -> None:
    with _pair(data) as pair:
        postmaster = pair.pids()[0]
        os.kill(postmaster, signal.SIGKILL)
        os.waitid(os.P_PID, postmaster, os.WEXITED | os.WNOWAIT)
        assert pair.restart_dead() == ["Postgres"]
        assert _ask(pair, "SELECT 1") == 1
    # As after a restart of a container: the process id that the file names is somebody else's now.
    (data / "postgres" / "postmaster.pid").write_text(f"{os.getppid()}\n{data / 'postgres'}\n0\n5432\n")

    with _pair(data) as pair:
        assert _ask(pair, "SELECT 1") == 1


def test_a_second_pair_on_the_same_data_is_refused(data: Path) -> None:
    with _pair(data), pytest.raises(DataInUse):
        _pair(data).start()


def test_a_command_uses_the_servers_of_a_running_serve(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANKCAST_DATA", str(data))
    monkeypatch.setenv("SECRET_KEY", "set, and so left alone")
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("REDIS_URL", "")
    with _pair(data, "serve") as pair:
        with for_command.servers_for(["manage.py", "rebuild"]):
            assert for_command.running_pair() is None
            assert os.environ["DATABASE_URL"] == pair.addresses.database_url
            assert os.environ["REDIS_URL"] == pair.addresses.redis_url

        assert _ask(pair, "SELECT 1") == 1


def test_a_command_starts_what_the_environment_does_not_name(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = os.environ["DATABASE_URL"]
    monkeypatch.setenv("RANKCAST_DATA", str(data))
    monkeypatch.setenv("SECRET_KEY", "set, and so left alone")
    monkeypatch.setenv("REDIS_URL", "")

    with for_command.servers_for(["manage.py", "rebuild"]):
        pair = for_command.running_pair()
        assert pair is not None
        assert len(pair.pids()) == 1
        assert os.environ["DATABASE_URL"] == outside
        assert os.environ["REDIS_URL"] == pair.addresses.redis_url

    assert not (data / "postgres").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its servers to another account")
def test_root_puts_the_data_elsewhere_when_the_servers_account_cannot_reach_it(
    data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("leaderboard_project.embedded.home._ROOTS_DATA", data / "elsewhere")
    closed = data / "closed"
    closed.mkdir(mode=0o700)

    for _ in range(2):
        with _pair(closed / "var") as pair:
            assert _ask(pair, "SELECT 1") == 1

    assert capfd.readouterr().err.count("cannot reach") == 1
    assert len(list((data / "elsewhere").glob("*/postgres"))) == 1
    assert closed.stat().st_mode & 0o777 == 0o700
    assert not (closed / "var" / "postgres").exists()
