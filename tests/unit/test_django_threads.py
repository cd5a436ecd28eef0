"""Django's pools: bounded, and apart from each other."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from leaderboard_project import django_threads
from leaderboard_project.django_threads import DjangoThreads


class SlowDjango:
    """Answers the board at once, and everything else, or what is slow, only when it may."""

    slow: tuple[str, ...] = ("/",)

    def __init__(self) -> None:
        self.may_answer = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/api/leaderboard/top" and environ["PATH_INFO"].startswith(self.slow):
            self.may_answer.wait(10)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ.get("HTTP_IDEMPOTENCY_KEY", "done").encode()]


async def ask(
    application: DjangoThreads, path: str, method: str = "GET", *, header: bytes = b"x-nothing"
) -> tuple[int, bytes]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event: Any) -> None:
        sent.append(event)

    scope: Any = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(header, b"from a header")],
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 5000),
    }
    await application(scope, receive, send)
    return sent[0]["status"], b"".join(event.get("body", b"") for event in sent[1:])


async def test_who_waits_for_a_sick_server_holds_up_neither_boards_nor_the_sign_of_life() -> None:
    django = SlowDjango()
    application = DjangoThreads(django, threads=2)
    stuck = [asyncio.create_task(ask(application, "/api/leaderboard/submit", "POST")) for _ in range(4)]
    stuck += [asyncio.create_task(ask(application, "/readyz")) for _ in range(4)]
    await asyncio.sleep(0)

    async with asyncio.timeout(5):
        assert await ask(application, "/healthz") == (200, b'{"status":"alive"}')
        assert await ask(application, "/api/leaderboard/top") == (200, b"done")

    django.may_answer.set()
    assert [status for status, _ in await asyncio.gather(*stuck)] == [200] * 8


async def test_a_flood_of_logins_holds_up_neither_submits_nor_boards() -> None:
    django = SlowDjango()
    django.slow = ("/api/auth/", "/account/", "/admin/login/")
    application = DjangoThreads(django, threads=4)
    flood = [asyncio.create_task(ask(application, path, "POST")) for path in 10 * ("/api/auth/login", "/admin/login/")]
    await asyncio.sleep(0)

    async with asyncio.timeout(5):
        assert await ask(application, "/api/leaderboard/submit", "POST") == (200, b"done")
        assert await ask(application, "/api/leaderboard/top") == (200, b"done")
        assert await ask(application, "/admin/") == (200, b"done")

    django.may_answer.set()
    assert {status for status, _ in await asyncio.gather(*flood)} == {200, 503}  # more than can wait is told so


async def test_a_request_that_is_cut_off_by_a_shutdown_is_told_what_to_do() -> None:
    django = SlowDjango()
    application = DjangoThreads(django, threads=2)
    cut_off = asyncio.create_task(ask(application, "/api/leaderboard/submit", "POST"))
    await asyncio.sleep(0)

    cut_off.cancel()
    status, body = await cut_off

    assert (status, json.loads(body)["error"]["code"]) == (503, "outcome_unknown")
    django.may_answer.set()
    async with asyncio.timeout(5):
        while any(pool._under_way for _, pool in application._pools):  # noqa: ASYNC110  a thread ends, and tells nobody
            await asyncio.sleep(0.01)


async def test_who_submits_hears_in_time_and_whoever_came_too_late_is_heard_by_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(django_threads, "_SUBMIT_PATIENCE_S", 0.05)
    django = SlowDjango()
    application = DjangoThreads(django, threads=2)

    status, body = await ask(application, "/api/leaderboard/submit", "POST")

    assert (status, json.loads(body)["error"]["code"]) == (503, "outcome_unknown")
    django.may_answer.set()
    assert await ask(application, "/api/leaderboard/submit", "POST") == (200, b"done")


async def test_an_answer_that_has_begun_in_time_goes_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_threads, "_SUBMIT_PATIENCE_S", 0.05)
    may_end = threading.Event()

    def django(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"first"
        may_end.wait(10)
        yield b" and last"

    asyncio.get_running_loop().call_later(0.3, may_end.set)

    answer = await ask(DjangoThreads(django, threads=2), "/api/leaderboard/submit", "POST")

    assert answer == (200, b"first and last")


async def test_more_than_can_wait_is_told_so_at_once() -> None:
    django = SlowDjango()
    application = DjangoThreads(django, threads=2)
    waiting = [asyncio.create_task(ask(application, "/admin/")) for _ in range(34)]
    await asyncio.sleep(0)

    status, body = await ask(application, "/admin/")

    assert (status, json.loads(body)["error"]["code"]) == (503, "unavailable")
    django.may_answer.set()
    assert [status for status, _ in await asyncio.gather(*waiting)] == [200] * 34


async def test_a_header_with_an_underscore_passes_for_no_other() -> None:
    application = DjangoThreads(SlowDjango(), threads=2)

    assert await ask(application, "/api/leaderboard/top", header=b"idempotency-key") == (200, b"from a header")
    assert await ask(application, "/api/leaderboard/top", header=b"idempotency_key") == (200, b"done")
