"""`serve` in production mode: on servers and secrets of its own, behind a proxy of the same machine."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.acceptance.serving import Serving, manage


@pytest.fixture
def in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANKCAST_PRODUCTION", "1")
    monkeypatch.setenv("ALLOWED_HOSTS", "board.example")
    monkeypatch.setenv("RANKCAST_TRUSTED_PROXIES", "127.0.0.1")


@pytest.mark.usefixtures("in_production")
def test_one_machine_serves_the_world_without_a_secret_in_its_environment(data: Path) -> None:
    serving = Serving.started(data)
    try:
        by_proxy = {"Host": "board.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
        page = httpx.get(serving.url, headers=by_proxy)
        in_the_clear = httpx.get(serving.url, headers={"Host": "board.example"})
    finally:
        serving.discard()

    assert page.status_code == 200
    assert (in_the_clear.status_code, in_the_clear.headers["Location"]) == (301, "https://board.example/")


@pytest.mark.usefixtures("in_production")
def test_the_demo_is_not_for_production(data: Path) -> None:
    ended = manage(data, "serve", "--demo", "--port", "0")

    assert ended.returncode == 1
    assert "--demo lets everybody play" in ended.stderr
