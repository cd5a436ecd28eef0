"""Who really asks, where proxies stand in front: nobody chooses their own address or scheme."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.typing import Scope

from leaderboard_project import env
from leaderboard_project.forwarded import Forwarded

PROXY = "10.0.0.7"
ALICE = "203.0.113.9"


async def seen(
    *headers: tuple[str, str],
    peer: tuple[str, int] | None = (PROXY, 4711),
    kind: str = "http",
    trusted: str = "10.0.0.0/24,2001:db8::/32,127.0.0.1",
    proxies: int = 1,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[str, str, list[bytes]]:
    """Address, scheme and names of headers, as the application behind sees them."""
    monkeypatch.setenv("RANKCAST_TRUSTED_PROXIES", trusted)
    scopes: list[Any] = []

    async def app(scope: Scope, receive: object, send: object) -> None:
        scopes.append(scope)

    scope: Any = {
        "type": kind,
        "scheme": {"http": "http", "websocket": "ws"}[kind],
        "client": peer,
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }
    forwarded = Forwarded(app, trusted=env.networks("RANKCAST_TRUSTED_PROXIES"), proxies=proxies)
    nobody: Any = None
    await forwarded(scope, nobody, nobody)
    [through] = scopes
    return through["client"][0], through["scheme"], [name for name, _ in through["headers"]]


@pytest.mark.parametrize(
    ("chain", "proxies", "expected"),
    [
        ([ALICE], 1, ALICE),
        ([f"198.51.100.1, {ALICE}"], 1, ALICE),  # the first one is what alice would like to be
        (["198.51.100.1", ALICE], 1, ALICE),  # the same in two headers
        ([f"127.0.0.1, 10.0.0.7, {ALICE}"], 1, ALICE),
        ([f"{ALICE}, 10.0.0.8"], 2, ALICE),
        ([f"198.51.100.1, {ALICE}, 10.0.0.8"], 2, ALICE),
        ([ALICE], 2, ALICE),  # past the outer proxy: all that is known
        ([f"{ALICE}, 10.0.0.8"], 9, ALICE),
        ([f"{ALICE}:50123"], 1, ALICE),
        (["2001:db8:9::1"], 1, "2001:db8:9::1"),
        (["2001:DB8:9:0::1"], 1, "2001:db8:9::1"),
        (["[2001:db8:9::1]"], 1, "2001:db8:9::1"),
        (["[2001:db8:9::1]:50123"], 1, "2001:db8:9::1"),
        ([f"::ffff:{ALICE}"], 1, ALICE),
        ([f"  {ALICE}\t"], 1, ALICE),
    ],
)
async def test_the_client_is_who_asked_the_outermost_proxy(
    monkeypatch: pytest.MonkeyPatch, chain: list[str], proxies: int, expected: str
) -> None:
    headers = [("X-Forwarded-For", value) for value in chain]

    assert (await seen(*headers, proxies=proxies, monkeypatch=monkeypatch))[0] == expected


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        ",",
        f"{ALICE},",
        f"{ALICE}, unknown",
        f"{ALICE}, _hidden",
        "999.1.1.1",
        "203.0.113.009",
        "203.0.113.9.9",
        "3405803785",
        "0xcb007109",
        "203.0.113.0/24",
        "fe80::1%eth0",
        "fe80::1%<script>",
        "[2001:db8::1",
        "[]",
        "[]:80",
        ":80",
        "<script>",
        "alice.example",
        "\x00203.0.113.9",
        "²03.0.113.9",
        "1" * 20_000,
    ],
)
async def test_a_chain_that_says_nothing_leaves_the_peer(monkeypatch: pytest.MonkeyPatch, garbage: str) -> None:
    assert (await seen(("X-Forwarded-For", garbage), monkeypatch=monkeypatch))[0] == PROXY


@pytest.mark.parametrize("peer", ["203.0.113.66", "10.0.1.7", "2001:db9::1", "", "testclient"])
async def test_nobody_else_is_believed(monkeypatch: pytest.MonkeyPatch, peer: str) -> None:
    headers = [("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Proto", "https"), ("Host", "play.example")]

    through = await seen(*headers, peer=(peer, 1), monkeypatch=monkeypatch)

    assert through == (peer, "http", [b"host"])


async def test_without_a_trusted_proxy_nobody_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    through = await seen(("X-Forwarded-For", ALICE), peer=None, trusted="", monkeypatch=monkeypatch)

    assert through == ("127.0.0.1", "http", [])


@pytest.mark.parametrize(
    "peer", [None, ("127.0.0.1", 1), ("10.0.0.255", 1), ("::ffff:10.0.0.7", 1), ("2001:db8::7", 1)]
)
async def test_a_proxy_on_a_unix_socket_or_in_a_network_is_known(
    monkeypatch: pytest.MonkeyPatch, peer: tuple[str, int] | None
) -> None:
    headers = [("X-Forwarded-For", ALICE), ("X-Forwarded-Proto", "https")]

    assert await seen(*headers, peer=peer, monkeypatch=monkeypatch) == (ALICE, "https", [])


async def test_an_address_is_written_in_one_way_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await seen(peer=("::ffff:203.0.113.9", 1), monkeypatch=monkeypatch))[0] == ALICE


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        ("http", ["https"], "https"),
        ("http", ["HTTPS"], "https"),
        ("http", ["wss"], "https"),
        ("http", ["http"], "http"),
        ("websocket", ["https"], "wss"),
        ("websocket", ["wss"], "wss"),
        ("websocket", ["http"], "ws"),
        ("http", [], "http"),
        ("http", ["gopher"], "http"),
        ("http", ["https, http"], "http"),
        ("http", ["https", "https"], "http"),
        ("websocket", ["https", "http"], "ws"),
    ],
)
async def test_the_scheme_is_what_one_proxy_says(
    monkeypatch: pytest.MonkeyPatch, kind: str, words: list[str], expected: str
) -> None:
    headers = [("X-Forwarded-Proto", word) for word in words]

    assert (await seen(*headers, kind=kind, monkeypatch=monkeypatch))[1] == expected


async def test_star_trusts_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    for peer in ("203.0.113.66", "2001:db9::1"):
        through = await seen(("X-Forwarded-For", ALICE), peer=(peer, 1), trusted="*", monkeypatch=monkeypatch)
        assert through[0] == ALICE
