"""The processes of docker-compose.yml without Docker: its commands, its environment, its health checks."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests import compose
from tests.acceptance import outside
from tests.acceptance.serving import eventually

SITE = "board.example"
#: What the proxy says of somebody who came to it by HTTPS.
BY_PROXY = {"Host": SITE, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
_PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Containers:
    """The services, with the addresses that they have here."""

    services: dict[str, Any]
    environment: dict[str, str]
    pulse: Path
    ports: dict[str, int]

    def run(self, *command: str) -> str:
        """One command in a container of its own; what it printed."""
        done = subprocess.run(
            self._here(command), cwd=compose.ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """The service, until its SIGTERM; it must end in order."""
        service = self.services[name]
        command = self._here(service.get("command", compose.image_command()), name)
        process = subprocess.Popen(command, cwd=compose.ROOT, env=self.environment)
        try:
            assert eventually(lambda: self.is_healthy(name), within_s=_PATIENCE_S), f"{name} is not healthy"
            yield
            process.terminate()
            assert process.wait(int(service["stop_grace_period"].removesuffix("s"))) == 0
        finally:
            process.kill()
            process.wait()

    def is_healthy(self, name: str) -> bool:
        """What the service's own health check says."""
        kind, *test = self.services[name]["healthcheck"]["test"]
        command = self._here(test, name) if kind == "CMD" else ["sh", "-c", self._place(test[0], name)]
        return subprocess.run(command, env=self.environment, capture_output=True, check=False).returncode == 0

    def _here(self, command: Any, name: str = "") -> list[str]:
        words = [self._place(word, name) for word in command]
        if "leaderboard_project.web" in words:
            words += ["--port", str(self.ports[name])]
        return [sys.executable if word == "python" else word for word in words]

    def _place(self, word: str, name: str) -> str:
        word = word.replace("/tmp/pulse", str(self.pulse)).replace("0.0.0.0", "127.0.0.1")
        return word.replace(":8000/", f":{self.ports.get(name)}/")


@pytest.fixture(scope="module")
def containers() -> Iterator[Containers]:
    with ExitStack() as stack:
        data = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="rankcast-compose-", ignore_cleanup_errors=True))
        )
        data.chmod(0o711)  # root's servers run as another account, which must pass through
        there = stack.enter_context(outside.servers(data / "pair"))
        file = compose.filled_in(
            {
                "SECRET_KEY": "fJ8s0nV3xQ7yR2mLw9Tz5bHc1dKp6gAe4uXiNoEvBqWrYtSkMjZhCl",
                "SITE_HOST": SITE,
                "POSTGRES_PASSWORD": there.postgresql.password,
                "VALKEY_PASSWORD": there.valkey.password,
            }
        )
        environment: dict[str, str] = file["services"]["web-1"]["environment"]
        environment["DATABASE_URL"] = environment["DATABASE_URL"].replace(
            "@postgresql/", f"@127.0.0.1:{there.postgresql.port}/"
        )
        environment["REDIS_URL"] = environment["REDIS_URL"].replace("@valkey:6379/", f"@127.0.0.1:{there.valkey.port}/")
        environment["RANKCAST_TRUSTED_PROXIES"] = "127.0.0.1"  # here, the proxy is this test
        ran = Containers(
            file["services"],
            environment | {"PATH": os.environ["PATH"]},
            data / "pulse",
            {name: _free_port() for name in ("web-1", "web-2")},
        )
        ran.run(*file["services"]["migrate"]["command"])
        for name in ("web-1", "web-2", "worker"):
            stack.enter_context(ran.running(name))
        yield ran


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def api_key(containers: Containers) -> str:
    made = containers.run(
        *shlex.split("python manage.py create_api_key arena --scope sessions:submit --scope players:create")
    )
    key = re.search(r"rk_\S+", made)
    assert key is not None, made
    return key[0]


def url(containers: Containers, name: str, path: str) -> str:
    return f"http://127.0.0.1:{containers.ports[name]}{path}"


def submit(containers: Containers, name: str, api_key: str, score: int) -> httpx.Response:
    return httpx.post(
        url(containers, name, "/api/leaderboard/submit"),
        headers={**BY_PROXY, "Authorization": f"Api-Key {api_key}"},
        json={"username": "alice", "score": score, "game_mode": "survival"},
        timeout=10,
    )


def socket_of(containers: Containers, name: str, origin: str | None, headers: dict[str, str]) -> ClientConnection:
    """A socket of a page, or of a program, which has no origin, as the proxy passes it on."""
    plain = socket.create_connection(("127.0.0.1", containers.ports[name]))
    # The library writes the Host from the address; a connection that is there already lets it name the site.
    of_page = None if origin is None else Origin(origin)
    return connect(f"ws://{SITE}/ws/leaderboard/", sock=plain, origin=of_page, additional_headers=headers)


def test_a_session_that_one_web_process_took_is_seen_by_pages_of_the_other(
    containers: Containers, api_key: str
) -> None:
    headers = {name: value for name, value in BY_PROXY.items() if name != "Host"}
    with socket_of(containers, "web-2", f"https://{SITE}", headers) as page:
        page.send(json.dumps({"op": "subscribe", "board": "global"}))
        before = _hears(page, "snapshot")

        receipt = submit(containers, "web-1", api_key, 50)

        assert receipt.status_code == 201, receipt.text
        [row] = _hears(page, "diff" if before["source"] == "ranks" else "snapshot")["rows"]
        assert (row["username"], row["total_score"]) == ("alice", receipt.json()["total_score"])


def _hears(page: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(page.recv(timeout=_PATIENCE_S))
        if frame["type"] == kind:
            return frame


@pytest.mark.parametrize(
    ("origin", "proxy"),
    [
        ("https://evil.example", {"X-Forwarded-Proto": "https"}),
        (f"https://good.{SITE}", {"X-Forwarded-Proto": "https"}),
        (f"http://{SITE}", {"X-Forwarded-Proto": "https"}),
        (f"https://{SITE}", {}),
        ("null", {"X-Forwarded-Proto": "https"}),
    ],
)
def test_pages_of_others_open_no_socket(containers: Containers, origin: str, proxy: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        socket_of(containers, "web-1", origin, proxy)


def test_no_key_is_taken_in_the_clear(containers: Containers, api_key: str) -> None:
    shown = {"Authorization": f"Api-Key {api_key}"}

    with pytest.raises(InvalidStatus, match="403"):
        socket_of(containers, "web-1", None, shown)
    with socket_of(containers, "web-1", None, {**shown, "X-Forwarded-Proto": "https"}) as program:
        program.send(json.dumps({"op": "ping", "id": 1}))
        assert _hears(program, "pong")["id"] == 1


def test_plain_http_is_sent_to_https_except_for_probes(containers: Containers) -> None:
    asked = httpx.get(url(containers, "web-1", "/api/leaderboard/top"), headers={"Host": SITE})
    ready = httpx.get(url(containers, "web-1", "/readyz"), headers={"Host": SITE})

    assert (asked.status_code, asked.headers["Location"]) == (301, f"https://{SITE}/api/leaderboard/top")
    assert ready.status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/leaderboard/top", "/static/frontend/page.css", "/healthz", "/nowhere"])
def test_browsers_are_told_to_come_by_https_only(containers: Containers, path: str) -> None:
    by_https = httpx.get(url(containers, "web-1", path), headers=BY_PROXY)
    in_the_clear = httpx.get(url(containers, "web-1", path), headers={"Host": SITE})

    assert by_https.headers.get_list("Strict-Transport-Security") == ["max-age=31536000"]
    assert "Strict-Transport-Security" not in in_the_clear.headers


def test_cookies_are_for_this_host_and_https_only(containers: Containers) -> None:
    login = httpx.get(url(containers, "web-1", "/admin/login/"), headers=BY_PROXY)

    [cookie] = login.headers.get_list("Set-Cookie")
    assert cookie.startswith("__Host-csrftoken=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


def test_a_strangers_host_is_refused(containers: Containers) -> None:
    assert httpx.get(url(containers, "web-2", "/"), headers={**BY_PROXY, "Host": "evil.example"}).status_code == 400
