"""Which pages may open a live socket."""

from __future__ import annotations

from typing import Any

import pytest

from realtime import admission, origins


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://play.example", ("http", "play.example", 80)),
        ("https://Play.Example", ("https", "play.example", 443)),
        ("https://play.example:443", ("https", "play.example", 443)),
        ("http://[::1]:8000", ("http", "::1", 8000)),
        ("null", None),
        ("", None),
        ("*", None),
        ("play.example", None),
        ("//play.example", None),
        ("ftp://play.example", None),
        ("https://play.example/", None),
        ("https://play.example?x", None),
        ("https://play.example#x", None),
        ("https://user@play.example", None),
        ("https://play.example:port", None),
        ("https://[play.example", None),
        ("https://", None),
    ],
)
def test_an_origin_is_exactly_a_scheme_a_host_and_a_port(origin: str, expected: origins.Origin | None) -> None:
    assert origins.parse(origin) == expected


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "expected"),
    [
        ("https://play.example", "play.example", "https", True),
        ("https://play.example", "play.example:443", "https", True),
        ("https://PLAY.example", "play.EXAMPLE", "https", True),
        ("http://play.example:8000", "play.example:8000", "http", True),
        ("http://[::1]:8000", "[::1]:8000", "http", True),
        ("https://partner.example", "play.example", "https", True),
        ("http://play.example", "play.example", "https", False),
        ("https://play.example:8443", "play.example", "https", False),
        ("https://good.play.example", "play.example", "https", False),
        ("https://play.example.evil.example", "play.example", "https", False),
        ("http://partner.example", "play.example", "https", False),
        ("https://evil.example", "play.example", "https", False),
        ("https://evil.example", "evil.example", "https", False),
        ("https://play.example/", "play.example", "https", False),
        ("https://play.example/page", "play.example", "https", False),
        ("https://play.example.", "play.example", "https", False),
        ("https://play.example,https://evil.example", "play.example", "https", False),
        ("https://play.example https://evil.example", "play.example", "https", False),
        ("https://play.example@evil.example", "play.example", "https", False),
        ("https://evil.example@play.example", "play.example", "https", False),
        ("https://evil.example#.play.example", "play.example", "https", False),
        ("https://evil.example\\.play.example", "play.example", "https", False),
        ("https://play.example:0", "play.example", "https", False),
        ("https://play.example:99999", "play.example", "https", False),
        ("https://рlay.example", "play.example", "https", False),  # its first letter is Cyrillic
        ("https://play.example%00.evil.example", "play.example", "https", False),
        ("https://[::1]", "play.example", "https", False),
        ("https://127.0.0.1", "127.0.0.1", "https", False),
        ("file://", "play.example", "https", False),
        ("chrome-extension://play.example", "play.example", "https", False),
        ("null", "play.example", "https", False),
        ("null", "null", "https", False),
        ("*", "play.example", "https", False),
        ("", "play.example", "https", False),
        ("https://play.example", "user@play.example", "https", False),
        ("https://play.example", "play.example/evil", "https", False),
        ("https://play.example", "", "https", False),
        ("https://play.example", "play.example", "", False),
    ],
)
def test_only_our_own_pages_and_those_we_named_may_connect(
    settings: Any, origin: str, host: str, scheme: str, expected: bool
) -> None:
    settings.ALLOWED_HOSTS = ["play.example", "[::1]"]
    settings.ALLOWED_ORIGINS = ["https://partner.example"]

    assert origins.is_allowed(origin, host=host, scheme=scheme) is expected


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"host", b"play.example")],
        [(b"origin", b"https://play.example")],
        [(b"host", b"play.example"), (b"origin", b"https://play.example"), (b"origin", b"https://evil.example")],
        [(b"host", b"play.example"), (b"host", b"evil.example"), (b"origin", b"https://play.example")],
        [(b"host", b"play.example"), (b"authorization", b"Bearer x")],
        [(b"host", b"play.example"), (b"authorization", b"Api-Key")],
        [(b"host", b"play.example"), (b"authorization", b"Api-Key \xff")],
    ],
)
async def test_headers_that_are_missing_doubled_or_of_another_kind_open_nothing(
    settings: Any, headers: list[tuple[bytes, bytes]]
) -> None:
    settings.ALLOWED_HOSTS = ["play.example"]

    with pytest.raises(admission.Refused):
        await admission.admit({"scheme": "wss", "headers": headers})
