"""Whatever is asked, both doors give the same answer, and the fast one by either way: status, headers and bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scores.models import ApiKey, Player
from tests.api import BATCH, SUBMIT, GameServer, session
from tests.doors import BARE, Response, send
from tests.ledger import make_ranks

pytestmark = pytest.mark.usefixtures("committed")

Header = tuple[bytes, bytes]
many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

HOSTS = st.sampled_from([b"localhost", b"127.0.0.1:8000", b"LOCALHOST", b"evil.example", b"local host", b""])
#: Headers that mean something to somebody on the way.
NOISE = st.lists(
    st.sampled_from(
        [
            (b"accept", b"text/html"),
            (b"accept-encoding", b"gzip"),
            (b"user-agent", b"game/1.0"),
            (b"cookie", b"sessionid=x"),
            (b"cookie", b"csrftoken=" + b"a" * 32),
            (b"if-none-match", b'W/"x", "y", z'),
            (b"if-none-match", b"*"),
            (b"idempotency_key", b"game-1"),
            (b"x-http-method-override", b"DELETE"),
            (b"content-encoding", b"gzip"),
            (b"content-encoding", b"identity"),
            (b"x-forwarded-host", b"evil.example"),
            (b"authorization", b"Bearer x.y.z"),
        ]
    ),
    max_size=2,
)


def answers(method: str, target: str, headers: Sequence[Header], body: bytes = b"") -> list[Response]:
    """What the doors say: Django's, and the fast one by the shortcut and by ASGI."""
    return [send(door, method, target, headers, body) for door in ("django", "fast", BARE)]


def told(response: Response, *passing: str) -> tuple[int, dict[str, str], str]:
    """All of an answer, but for the values of fields that differ from one moment to the next."""
    text = response.content.decode()
    for field in passing:
        text = re.sub(rf'"{field}":("[^"]*"|[0-9]+|null)', f'"{field}":…', text)
    headers = {name.lower(): value for name, value in response.items()}
    policy = "content-security-policy"  # its parts have no order
    headers[policy] = "; ".join(sorted(headers[policy].split("; ")))
    if "set-cookie" in headers:  # drawn at random, and valid until a moment
        headers["set-cookie"] = headers["set-cookie"].partition("=")[0]
    if passing:
        headers.pop("content-length", None)
    return response.status_code, headers, text


# --- Reading ------------------------------------------------------------------------------------

NUMBERS = ["1", "3", "10", "100", "101", "0", "-1", "01", "1.0", "", "9" * 20, "x", "%31", "+1", "\u0663"]
PARAMETERS = st.one_of(
    st.tuples(st.just("limit"), st.sampled_from(NUMBERS)),
    st.tuples(st.just("offset"), st.sampled_from([*NUMBERS, "10000", "10001"])),
    st.tuples(st.just("board"), st.sampled_from(["global", "season-9", "a b", "", "%67lobal", "x" * 70, "é"])),
    st.tuples(st.sampled_from(["format", "callback", "%6cimit", "limit[]"]), st.sampled_from(["json", "1"])),
)
IDS = st.one_of(st.integers(0, 5).map(str), st.sampled_from([*NUMBERS, "1/", "1/2", "%31", "1%2f2", str(2**63), "٣"]))
TARGETS = st.one_of(
    st.just("/api/leaderboard/top"),
    st.builds("/api/leaderboard/{}/{}".format, st.sampled_from(["rank", "around"]), IDS),
)


def _query(parameters: Sequence[tuple[str, str]], separator: str) -> str:
    return separator.join(f"{name}={value}" for name, value in parameters)


@pytest.mark.parametrize("source", ["ranks", "sql"])
def test_boards_read_the_same(source: str, alice: Player, bob: Player, charlie: Player) -> None:
    if source == "ranks":
        make_ranks()
    GameServer().submit_batch(session(alice, 50), session(bob, 50), session(charlie, 20))

    @many
    @given(
        method=st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "OPTIONS"]),
        target=TARGETS,
        query=st.builds(_query, st.lists(PARAMETERS, max_size=3), st.sampled_from(["&", ";", "&&"])),
        host=st.one_of(st.just(b"localhost"), HOSTS),
        noise=NOISE,
    )
    def ask(method: str, target: str, query: str, host: bytes, noise: list[Header]) -> None:
        django, *fast = answers(method, f"{target}?{query}" if query else target, [(b"host", host), *noise])

        assert [told(answer, "as_of") for answer in fast] == [told(django, "as_of")] * 2

    ask()


# --- Submitting ---------------------------------------------------------------------------------

VALUES: list[Any] = [
    None,
    0,
    1,
    50,
    -1,
    2**53 - 1,
    2**53,
    2**63,
    1.5,
    True,
    "",
    "x",
    "win",
    "alice",
    [],
    {},
]
SESSIONS = st.builds(
    lambda plain, changed, gone: {name: value for name, value in {**plain, **changed}.items() if name not in gone},
    st.just({"user_id": 1, "score": 1, "game_mode": "survival"}),
    st.dictionaries(
        st.sampled_from(["user_id", "username", "score", "game_mode", "outcome", "played_at", "idempotency_key", "x"]),
        st.sampled_from([*VALUES, "2026-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2999-01-01T00:00:00Z"]),
        max_size=2,
    ),
    st.sets(st.sampled_from(["user_id", "score", "game_mode"]), max_size=1),
)
BATCHES = st.one_of(
    st.builds(lambda sessions: {"sessions": sessions}, st.lists(SESSIONS, max_size=4)),
    st.sampled_from([{}, {"sessions": None}, {"sessions": [1, "x", None, []]}, {"sessions": [], "x": 1}, []]),
)
#: What may happen to a document on its way.
SPELLINGS = st.sampled_from(
    [
        lambda text: text,
        lambda text: text,
        lambda text: text.ljust(1000),
        lambda text: text[:-1],
        lambda text: text + "}",
        lambda text: text.replace('"score"', '"score": 1, "sc\\u006fre"'),
        lambda text: "\ufeff" + text,
        lambda text: "[" * 20 + text + "]" * 20,
        lambda text: "",
    ]
)
TYPES = st.sampled_from(
    [
        b"application/json",
        b"application/json",
        b"application/json; charset=utf-8",
        b"application/json; charset=latin-1",
        b"Application/JSON",
        b"text/plain",
        b"application/x-www-form-urlencoded",
        b"",
    ]
)
KEYS = st.sampled_from([None, None, b"game-1", b'"game-1"', b"", b'"', b"a b", "ключ".encode(), b"x" * 256])
PASSING = ("timestamp", "session_id", "total_score")


@pytest.fixture
def secrets(committed: None, alice: Player) -> list[bytes]:
    """Headers of game servers that may, of one that may not, and of nobody."""
    arena = GameServer()
    creating = GameServer("raid", (ApiKey.Scope.CREATE_PLAYERS,))
    return [
        f"Api-Key {arena.secret}".encode(),
        f"api-key  {arena.secret} ".encode(),
        f"Api-Key {creating.secret}".encode(),
        f"Api-Key {arena.secret[:-1]}x".encode(),
        b"Api-Key",
        b"Api-Key x",
        b"Bearer x",
        b"",
    ]


@many
@given(data=st.data(), path=st.sampled_from([SUBMIT, SUBMIT, BATCH]), reverse=st.booleans())
def test_submits_are_answered_the_same(secrets: list[bytes], data: st.DataObject, path: str, *, reverse: bool) -> None:
    draw = data.draw
    document = draw(SESSIONS if path == SUBMIT else BATCHES)
    body: bytes = draw(SPELLINGS)(json.dumps(document)).encode()
    headers = [
        (b"host", draw(st.one_of(st.just(b"localhost"), HOSTS))),
        (b"authorization", draw(st.one_of(st.just(secrets[0]), st.sampled_from(secrets)))),
        (b"content-type", draw(TYPES)),
        (b"content-length", str(len(body)).encode()),
        *draw(NOISE),
    ]
    if (key := draw(KEYS)) is not None:
        headers.append((b"idempotency-key", key))
    target = path + draw(st.sampled_from(["", "", "", "?x=1", "?"]))

    for door in ("fast", "django") if reverse else ("django", "fast"):
        # The first under a key is recorded, what follows is a retry of it at either door.
        send(door, "POST", target, headers, body)
    django, *fast = answers("POST", target, headers, body)

    assert [told(answer, *PASSING) for answer in fast] == [told(django, *PASSING)] * 2
