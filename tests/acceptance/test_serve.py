"""`manage.py serve` while it runs: what it says, what it refuses, and what it survives."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import httpx

from tests.acceptance.processes import user_of
from tests.acceptance.serving import Serving, eventually, manage


def test_serve_says_one_line_and_then_it_is_ready(serving: Serving) -> None:
    assert serving.output == [f"Rankcast is ready at http://127.0.0.1:{serving.port}/"]
    assert serving.is_ready()


def test_what_it_keeps_is_closed_to_others_and_no_server_runs_as_root(serving: Serving) -> None:
    servers = [serving.child("/postgres -D "), serving.child("/valkey-server ")]

    assert "root" not in {user_of(pid) for pid in servers}
    assert stat.S_IMODE((serving.data / "secrets.json").stat().st_mode) == 0o600


def test_the_page_and_its_files_are_served(serving: Serving) -> None:
    page = httpx.get(serving.url)
    script = httpx.get(f"{serving.url}static/frontend/page.js")
    again = httpx.get(f"{serving.url}static/frontend/page.js", headers={"If-None-Match": script.headers["etag"]})

    assert page.status_code == 200
    assert (script.status_code, script.headers["cache-control"]) == (200, "no-cache")
    assert again.status_code == 304
    assert "server" not in page.headers


def test_a_submit_over_rest_is_read_back(serving: Serving, api_key: str) -> None:
    receipt = serving.submit(api_key, "alice", 50)

    assert receipt["total_score"] == 50
    assert serving.totals()["alice"] == 50


def test_a_second_start_on_the_same_data_is_refused_with_one_sentence(serving: Serving) -> None:
    second = manage(serving.data, "serve", "--port", "0")

    assert second.returncode == 1
    assert second.stdout == ""
    assert f"in use by `serve` (process {serving.process.pid})" in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_a_port_in_use_is_told_in_one_sentence(serving: Serving, data: Path) -> None:
    second = manage(data, "serve", "--port", str(serving.port))

    assert second.returncode == 1
    assert f"Port {serving.port} on 127.0.0.1 is in use" in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_a_body_beyond_the_limit_is_refused_with_or_without_a_length(serving: Serving) -> None:
    url = f"{serving.url}api/leaderboard/submit"
    too_large = b" " * (64 * 1024 + 1)

    with_length = httpx.post(url, content=too_large)
    without_length = httpx.post(url, content=iter([too_large]))

    assert (with_length.status_code, without_length.status_code) == (413, 413)
    assert with_length.json()["error"]["code"] == without_length.json()["error"]["code"] == "body_too_large"


def test_a_batch_may_be_larger(serving: Serving) -> None:
    url = f"{serving.url}api/leaderboard/submit/batch"

    accepted = httpx.post(url, content=b" " * (1024 * 1024))
    refused = httpx.post(url, content=b" " * (1024 * 1024 + 1))

    assert accepted.status_code == 401  # it came as far as the door that asks for a key
    assert refused.status_code == 413


def test_a_web_process_that_is_killed_comes_back(serving: Serving, api_key: str) -> None:
    killed = serving.child("leaderboard_project.web")

    os.kill(killed, signal.SIGKILL)

    assert eventually(serving.is_ready, within_s=20)
    assert serving.child("leaderboard_project.web") != killed
    assert serving.submit(api_key, "bob", 1)["total_score"] >= 1


def test_servers_that_are_killed_come_back_with_what_was_acknowledged(serving: Serving, api_key: str) -> None:
    before = serving.submit(api_key, "charlie", 7)["total_score"]

    os.kill(serving.child("/postgres -D "), signal.SIGKILL)
    os.kill(serving.child("/valkey-server "), signal.SIGKILL)

    assert eventually(serving.is_ready, within_s=20)
    assert eventually(lambda: serving.totals().get("charlie") == before, within_s=10)
    assert serving.submit(api_key, "charlie", 7)["total_score"] == before + 7
