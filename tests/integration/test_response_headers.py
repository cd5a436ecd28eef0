"""Whatever is answered, and whoever answers: the browser is told what it may do with it."""

from __future__ import annotations

import httpx
import pytest

from leaderboard_project.asgi import Application

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


async def ask(path: str, **request: object) -> httpx.Response:
    application = Application(fast_door=True)  # its door belongs to this test's event loop
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]  # httpx has types of its own for ASGI
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.request("POST" if request else "GET", path, **request)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/no-such-page", 404),
        ("/admin/login/", 200),
        ("/admin/", 302),
        ("/static/frontend/page.css", 200),
        ("/static/no-such-file", 404),
        ("/api/leaderboard/top", 200),
        ("/api/leaderboard/top?limit=many", 400),
        ("/api/no-such-thing", 404),
        ("/api/schema/", 200),
        ("/healthz", 200),
        ("/readyz", 200),
    ],
)
@pytest.mark.usefixtures("committed")
async def test_every_answer_is_told_to_be_strict(path: str, status: int) -> None:
    response = await ask(path)

    assert response.status_code == status
    assert_strict(response)


async def test_what_is_refused_in_front_of_django_is_strict_too() -> None:
    response = await ask("/api/leaderboard/submit", content=b" " * 100_000)

    assert response.status_code == 413
    assert_strict(response)


async def test_a_foreign_host_gets_nothing_looser() -> None:
    response = await ask("/", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert_strict(response)


@pytest.mark.parametrize("path", ["/api/docs/", "/api/docs/?script="])
async def test_the_description_of_the_api_may_style_itself_and_nothing_more(path: str) -> None:
    response = await ask(path)

    assert response.status_code == 200
    assert set(response.headers["Content-Security-Policy"].split("; ")) == (
        POLICY - {"style-src 'self'", "img-src 'self'"} | {"style-src 'self' 'unsafe-inline'", "img-src 'self' data:"}
    )


def assert_strict(response: httpx.Response) -> None:
    headers = response.headers
    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert [name for name in headers if len(headers.get_list(name)) > 1] == []
