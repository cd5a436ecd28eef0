"""Which requests are answered past ASGI, and that the layers' rules hold there too."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

import pytest

from leaderboard_project.forwarded import Forwarded
from leaderboard_project.response_headers import WithSecurityHeaders
from leaderboard_project.shortcut import Shortcut, Taken
from scores.api.documents import MAX_BODY
from scores.fast_door import Answer, FastDoor

TOP = b"/api/leaderboard/top"
SUBMIT = b"/api/leaderboard/submit"
HOST = (b"host", b"localhost")
PROXY, STRANGER = "10.0.0.1", "203.0.113.9"


async def nowhere(*_: Any) -> None:
    raise AssertionError("nothing is asked here")


@pytest.fixture
def shortcut() -> Shortcut:
    behind_proxy = Forwarded(nowhere, trusted=[ipaddress.ip_network("10.0.0.0/8")])
    return Shortcut(FastDoor(nowhere), behind_proxy, WithSecurityHeaders(nowhere))


def take(
    shortcut: Shortcut,
    target: bytes = TOP,
    *more: tuple[bytes, bytes],
    method: bytes = b"GET",
    peer: str | None = STRANGER,
    host: Sequence[tuple[bytes, bytes]] = (HOST,),
) -> Taken | None:
    return shortcut.take(method, target, [*host, *more], scheme="http", peer=peer)


def posted(length: int) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"application/json"),
        (b"authorization", b"Api-Key rk_x"),
        (b"content-length", b"%d" % length),
    ]


@pytest.mark.parametrize(
    "target",
    [TOP, TOP + b"?limit=3&board=%67lobal", b"/api/leaderboard/rank/7", b"/api/leaderboard/around/7?limit=1"],
)
async def test_plain_reads_are_taken(shortcut: Shortcut, target: bytes) -> None:
    assert take(shortcut, target) is not None


@pytest.mark.parametrize(
    "target",
    [
        b"/healthz",
        b"/api/leaderboard/",
        b"/api/leaderboard/t%6fp",
        b"/api/leaderboard/top#x",
        b"/api/leaderboard/top?a#x",
        b"/api/leaderboard/top;x",
        b"http://localhost/api/leaderboard/top",
        b"/api/leaderboard/rank/\xd9\xa3",
    ],
)
async def test_a_target_that_could_mean_something_else_is_left_to_asgi(shortcut: Shortcut, target: bytes) -> None:
    assert take(shortcut, target) is None


async def test_a_header_that_is_sent_twice_is_left_to_asgi(shortcut: Shortcut) -> None:
    assert take(shortcut, TOP, (b"accept", b"*/*"), (b"accept", b"*/*")) is None


@pytest.mark.parametrize("method", [b"HEAD", b"OPTIONS", b"DELETE"])
async def test_other_methods_are_left_to_asgi(shortcut: Shortcut, method: bytes) -> None:
    assert take(shortcut, method=method) is None


async def test_a_body_beyond_its_limit_is_left_to_asgi_which_refuses_it(shortcut: Shortcut) -> None:
    assert take(shortcut, SUBMIT, *posted(MAX_BODY), method=b"POST") is not None
    assert take(shortcut, SUBMIT, *posted(MAX_BODY + 1), method=b"POST") is None
    assert take(shortcut, SUBMIT + b"/batch", *posted(MAX_BODY + 1), method=b"POST") is not None


@pytest.mark.parametrize(("peer", "over_https"), [(PROXY, True), (STRANGER, False), (None, False)])
async def test_only_a_proxy_of_ours_can_say_that_the_client_came_by_https(
    shortcut: Shortcut, peer: str | None, *, over_https: bool
) -> None:
    forwarded = [(b"x-forwarded-proto", b"https"), (b"x-forwarded-for", b"198.51.100.7")]

    taken = take(shortcut, TOP, *forwarded, peer=peer)

    assert taken is not None
    assert taken.over_https is over_https


async def test_where_https_is_a_must_plain_http_is_left_to_django_which_redirects(
    shortcut: Shortcut, settings: Any
) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert take(shortcut) is None
    assert take(shortcut, TOP, (b"x-forwarded-proto", b"https"), peer=PROXY) is not None


async def test_a_head_carries_what_every_answer_carries_and_follows_the_clock_of_the_server(
    shortcut: Shortcut,
) -> None:
    taken = take(shortcut)
    assert taken is not None

    first, again, later = (
        shortcut.head(Answer(200, b"{}"), taken, date) for date in [[(b"date", b"1")]] * 2 + [[(b"date", b"2")]]
    )

    assert first == again
    assert first.startswith(b"HTTP/1.1 200 OK\r\ndate: 1\r\n")
    assert b"\r\nx-content-type-options: nosniff\r\n" in first
    assert b"\r\nallow: GET, HEAD\r\n" in first
    assert later == first.replace(b"date: 1", b"date: 2")


async def test_kinds_of_heads_do_not_pile_up(shortcut: Shortcut) -> None:
    taken, of_server = take(shortcut), [(b"date", b"1")]
    assert taken is not None

    for number in range(1000):
        shortcut.head(Answer(304, None, ((b"etag", b"%d" % number),)), taken, of_server)

    assert len(shortcut._heads) <= 256
