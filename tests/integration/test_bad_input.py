"""Bad input: every case gives a 4xx with a code, never a 5xx, and never changes a standing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scores.models import Player
from tests.api import BATCH, SUBMIT, GameServer, error_of, get, session, stored

pytestmark = pytest.mark.usefixtures("committed", "door")


@pytest.fixture
def arena(committed: None, alice: Player) -> GameServer:
    """A game server whose first session of alice (user id 1) stands."""
    server = GameServer()
    assert server.submit(session(alice, 50), key="taken").status_code == 201
    return server


def _body(score: str = "1", **more: str) -> bytes:
    """A session as JSON text, its values spelled as they are."""
    fields = {"user_id": "1", "score": score, "game_mode": '"survival"', **more}
    return ("{" + ", ".join(f'"{name}": {value}' for name, value in fields.items()) + "}").encode()


DOCUMENTS: dict[str, tuple[bytes, int, str]] = {
    "nested 100,000 deep": (b"[" * 50_000 + b"]" * 10_000, 400, "json_too_deep"),
    "objects nested 5,000 deep": (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400, "json_too_deep"),
    "nested 17 deep": (b'{"a":' * 17 + b"1" + b"}" * 17, 400, "json_too_deep"),
    "duplicate key": (_body()[:-1] + b', "score": 2}', 400, "duplicate_field"),
    "duplicate key, spelled differently": (_body()[:-1] + b', "sc\\u006fre": 2}', 400, "duplicate_field"),
    "duplicate key inside": (b'{"a": {"b": 1, "b": 2}}', 400, "duplicate_field"),
    "NaN": (_body("NaN"), 400, "malformed_json"),
    "Infinity": (_body("Infinity"), 400, "malformed_json"),
    "-Infinity": (_body("-Infinity"), 400, "malformed_json"),
    "1e400": (_body("1e400"), 400, "number_out_of_range"),
    "-0.0": (_body("-0.0"), 400, "wrong_type"),
    "leading zero": (_body("01"), 400, "malformed_json"),
    "hexadecimal": (_body("0x10"), 400, "malformed_json"),
    "5,000 digits": (_body("9" * 5_000), 400, "number_out_of_range"),
    "4,000 digits": (_body("9" * 4_000), 400, "score_out_of_range"),
    "array": (b"[]", 400, "not_an_object"),
    "string": (b'"score"', 400, "not_an_object"),
    "number": (b"1", 400, "not_an_object"),
    "null": (b"null", 400, "not_an_object"),
    "unknown field": (_body(is_staff="true"), 400, "unknown_field"),
    "field of the database": (_body(rev="1"), 400, "unknown_field"),
    "field of another player": (_body(player_id="2"), 400, "unknown_field"),
    "key of batch items": (_body(idempotency_key='"game-1"'), 400, "unknown_field"),
    "NUL in a mode": (_body(game_mode='"a\\u0000b"'), 400, "invalid_game_mode"),
    "NUL in a name": (b'{"username": "a\\u0000b", "score": 1, "game_mode": "x"}', 400, "invalid_username"),
    "NUL in a field's name": (_body(**{"a\\u0000b": "1"}), 400, "unknown_field"),
    "raw NUL": (_body(game_mode='"a\x00b"'), 400, "malformed_json"),
    "lone surrogate": (_body(game_mode='"\\ud800"'), 400, "malformed_json"),
    "surrogates the wrong way round": (_body(game_mode='"\\udc00\\ud800"'), 400, "malformed_json"),
    "lone surrogate as UTF-8": (_body()[:-1] + b', "game_mode": "\xed\xa0\x80"}', 400, "malformed_json"),
    "invalid UTF-8": (_body()[:-1] + b', "outcome": "\xff"}', 400, "malformed_json"),
    "invalid UTF-8 in a field's name": (_body()[:-1] + b', "\xff": 1}', 400, "malformed_json"),
    "overlong UTF-8": (_body()[:-1] + b', "outcome": "\xc0\x80"}', 400, "malformed_json"),
    "UTF-16": (_body().decode().encode("utf-16"), 400, "malformed_json"),
    "a field's name of 60 kB": (b'{"' + b"a" * 60_000 + b'": 1}', 400, "unknown_field"),
    "a field's name of 1 MB": (b'{"' + b"a" * 1_000_000 + b'": 1}', 413, "body_too_large"),
    "5,000 fields": (
        ("{" + ",".join(f'"f{number}":1' for number in range(5_000)) + "}").encode(),
        400,
        "unknown_field",
    ),
    "100,000 fields": (
        ("{" + ",".join(f'"f{number}":1' for number in range(100_000)) + "}").encode(),
        413,
        "body_too_large",
    ),
    "empty": (b"", 400, "malformed_json"),
    "blank": (b"   ", 400, "malformed_json"),
    "cut off": (_body()[:-1], 400, "malformed_json"),
    "byte order mark": (b"\xef\xbb\xbf" + _body(), 400, "malformed_json"),
    "trailing garbage": (_body() + b"x", 400, "malformed_json"),
    "trailing comma": (_body()[:-1] + b",}", 400, "malformed_json"),
    "two documents": (_body() + _body(), 400, "malformed_json"),
    "single quotes": (b"{'score': 1}", 400, "malformed_json"),
    "comment": (b"/* */" + _body(), 400, "malformed_json"),
    "form": (b"user_id=1&score=1&game_mode=x", 400, "malformed_json"),
    "65,537 bytes": (_body().ljust(65_537), 413, "body_too_large"),
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_bad_document_is_refused(arena: GameServer, case: str) -> None:
    body, status, code = DOCUMENTS[case]
    before = stored()

    assert error_of(arena.post(SUBMIT, body), status)["code"] == code
    assert stored() == before


@pytest.mark.parametrize("case", [case for case, (_, status, _) in DOCUMENTS.items() if status == 400])
def test_a_bad_document_is_refused_as_a_batch_or_as_its_item(arena: GameServer, case: str) -> None:
    body, _, code = DOCUMENTS[case]
    before = stored()

    response = arena.post(BATCH, b'{"sessions": [' + body + b"]}")

    if response.status_code == 200:  # whole JSON, and one bad item in it, which may be idempotent here
        assert [result["status"] for result in response.json()["results"]] in ([400], [201])
        assert case == "key of batch items" or stored() == before
    else:
        assert error_of(response, 400)["code"] in {code, "batch_size_out_of_range", "malformed_json"}
        assert stored() == before


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=utf-16",
        "application/json; charset=foo",
        "application/jsonx",
        "*/*",
    ],
)
def test_another_content_type_is_refused(arena: GameServer, content_type: str) -> None:
    response = arena.post(SUBMIT, _body(), content_type=content_type)

    assert error_of(response, 415)["code"] == "unsupported_media_type"


def test_a_compressed_body_is_refused(arena: GameServer) -> None:
    response = arena.post(SUBMIT, _body(), **{"Content-Encoding": "gzip"})

    assert error_of(response, 415)["code"] == "unsupported_media_type"


def test_utf_8_may_be_said_aloud(arena: GameServer) -> None:
    assert arena.post(SUBMIT, _body(), content_type="application/json; charset=UTF-8").status_code == 201


@pytest.mark.parametrize(
    ("score", "code"),
    [
        ("9007199254740992", "score_out_of_range"),  # 2^53
        ("9007199254740993", "score_out_of_range"),
        (str(2**63 - 1), "score_out_of_range"),
        (str(2**63), "score_out_of_range"),
        (str(-(2**63) - 1), "score_out_of_range"),
        (str(2**64), "score_out_of_range"),
        ("-1", "score_out_of_range"),
        ("1.0", "wrong_type"),
        ("1.5", "wrong_type"),
        ("1e2", "wrong_type"),
        ('"12"', "wrong_type"),
        ('""', "wrong_type"),
        ("true", "wrong_type"),
        ("false", "wrong_type"),
        ("null", "wrong_type"),
        ("[]", "wrong_type"),
        ("[1]", "wrong_type"),
        ("{}", "wrong_type"),
    ],
)
def test_a_bad_score_is_refused_by_name(arena: GameServer, score: str, code: str) -> None:
    before = stored()

    error = error_of(arena.post(SUBMIT, _body(score)), 400)

    assert (error["code"], error["fields"]) == (code, ["score"])
    assert stored() == before


def test_a_total_beyond_what_is_exact_is_refused(arena: GameServer) -> None:
    before = stored()

    error = error_of(arena.post(SUBMIT, _body(str(2**53 - 1))), 422)

    assert error["code"] == "total_out_of_range"
    assert stored() == before


@pytest.mark.parametrize(
    ("change", "code", "fields"),
    [
        ({"score": None}, "wrong_type", ["score"]),
        ({"user_id": None}, "one_player_wanted", ["user_id", "username"]),
        ({"username": "alice"}, "one_player_wanted", ["user_id", "username"]),
        ({"user_id": 0}, "invalid_user_id", ["user_id"]),
        ({"user_id": -1}, "invalid_user_id", ["user_id"]),
        ({"user_id": 2**63}, "invalid_user_id", ["user_id"]),
        ({"user_id": "1"}, "wrong_type", ["user_id"]),
        ({"user_id": True}, "wrong_type", ["user_id"]),
        ({"user_id": 1.0}, "wrong_type", ["user_id"]),
        ({"user_id": None, "username": 5}, "wrong_type", ["username"]),
        ({"game_mode": ""}, "invalid_game_mode", ["game_mode"]),
        ({"game_mode": "  "}, "invalid_game_mode", ["game_mode"]),
        ({"game_mode": "x" * 51}, "invalid_game_mode", ["game_mode"]),
        ({"game_mode": "a\nb"}, "invalid_game_mode", ["game_mode"]),
        ({"game_mode": "\x1b[31m"}, "invalid_game_mode", ["game_mode"]),
        ({"game_mode": "a\u202eb"}, "invalid_game_mode", ["game_mode"]),
        ({"game_mode": None}, "wrong_type", ["game_mode"]),
        ({"outcome": "victory"}, "invalid_outcome", ["outcome"]),
        ({"outcome": ""}, "invalid_outcome", ["outcome"]),
        ({"outcome": "WIN"}, "invalid_outcome", ["outcome"]),
        ({"outcome": 1}, "wrong_type", ["outcome"]),
        ({"played_at": ""}, "invalid_played_at", ["played_at"]),
        ({"played_at": "yesterday"}, "invalid_played_at", ["played_at"]),
        ({"played_at": "2026-01-01"}, "invalid_played_at", ["played_at"]),
        ({"played_at": "2026-01-01T10:00:00"}, "invalid_played_at", ["played_at"]),  # no offset
        ({"played_at": "2026-01-01T24:00:00Z"}, "invalid_played_at", ["played_at"]),
        ({"played_at": "2026-01-01T00:00:60Z"}, "invalid_played_at", ["played_at"]),
        ({"played_at": "2026-02-30T00:00:00Z"}, "invalid_played_at", ["played_at"]),
        ({"played_at": "1999-12-31T23:59:59Z"}, "invalid_played_at", ["played_at"]),
        ({"played_at": "0001-01-01T00:00:00+23:59"}, "invalid_played_at", ["played_at"]),
        ({"played_at": "0000-01-01T00:00:00Z"}, "invalid_played_at", ["played_at"]),
        ({"played_at": "9999-12-31T23:59:59-23:59"}, "played_at_in_future", ["played_at"]),
        ({"played_at": "10000-01-01T00:00:00Z"}, "invalid_played_at", ["played_at"]),
        ({"played_at": 1763700000}, "wrong_type", ["played_at"]),
    ],
)
def test_a_bad_field_is_refused_by_name(
    arena: GameServer, change: dict[str, Any], code: str, fields: list[str]
) -> None:
    before = stored()

    error = error_of(arena.submit({"user_id": 1, "score": 1, "game_mode": "survival", **change}), 400)

    assert (error["code"], error["fields"]) == (code, fields)
    assert stored() == before


@pytest.mark.parametrize("missing", ["score", "game_mode"])
def test_a_missing_field_is_named(arena: GameServer, alice: Player, missing: str) -> None:
    document = session(alice)
    del document[missing]

    error = error_of(arena.submit(document), 400)

    assert (error["code"], error["fields"]) == ("missing_field", [missing])


def test_an_unknown_field_is_named_but_not_at_any_length(arena: GameServer, alice: Player) -> None:
    assert error_of(arena.submit(session(alice, is_staff=True)), 400)["fields"] == ["is_staff"]
    assert error_of(arena.submit(session(alice, **{"x" * 5000: 1})), 400)["fields"] == ["x" * 100]


@pytest.mark.parametrize(("ahead", "status"), [(timedelta(minutes=4), 201), (timedelta(minutes=6), 400)])
def test_clocks_may_differ_by_five_minutes(arena: GameServer, alice: Player, ahead: timedelta, status: int) -> None:
    response = arena.submit(session(alice, played_at=(datetime.now(UTC) + ahead).isoformat()))

    assert response.status_code == status


@pytest.mark.parametrize(
    "key",
    ["", " ", "a b", "x" * 256, "a\x00b", "a\tb", "a\x7fb", "ключ", "🔑", '"unbalanced', '"a"b"', '""', '"a\\"b"', "é"],
)
def test_a_bad_idempotency_key_is_refused(arena: GameServer, alice: Player, key: str) -> None:
    before = stored()

    alone = error_of(arena.submit(session(alice), key=key), 400)
    [in_batch] = arena.submit_batch(session(alice, idempotency_key=key.strip('"')))

    assert alone["code"] == "invalid_idempotency_key"
    assert in_batch["status"] in {400, 201}
    if in_batch["status"] == 400:
        assert in_batch["error"]["code"] == "invalid_idempotency_key"
        assert stored() == before


@pytest.mark.parametrize("key", ["x", "x" * 255, "~!@#", "8e03978e-40d5-43dd-bc93-6894a57f9324"])
def test_any_visible_ascii_is_an_idempotency_key(arena: GameServer, alice: Player, key: str) -> None:
    assert arena.submit(session(alice), key=key).status_code == 201


def test_a_key_taken_by_another_session_is_refused_alone_and_in_a_batch(arena: GameServer, alice: Player) -> None:
    before = stored()

    alone = error_of(arena.submit(session(alice, 51), key="taken"), 422)
    [in_batch] = arena.submit_batch(session(alice, 51, idempotency_key="taken"))

    assert alone["code"] == in_batch["error"]["code"] == "idempotency_key_reused"
    assert stored() == before


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "x" * 65,
        "x" * 10_000,
        "a\u202eb",
        "a\u200bb",
        "Z" + "\u0335" * 20,
        "alice\r\nSet-Cookie: x=1",
        "\x1b[31malice\x1b[0m",
        "a\x00b",
        "\ufeffalice",
        "a\u2028b",
    ],
)
def test_a_bad_name_creates_no_player(committed: None, name: str) -> None:
    raid = GameServer("raid", ("sessions:submit", "players:create"))

    error = error_of(raid.submit(session(name)), 400)

    assert (error["code"], error["fields"]) == ("invalid_username", ["username"])
    assert not Player.objects.exists()


@pytest.mark.parametrize(
    "name", ["\u0430dmin", "<script>alert(1)</script>", "{{7*7}}", "' OR 1=1 --", "=cmd|' /C calc'!A0", "%_\\", "\\"]
)
def test_an_ugly_name_is_only_text(committed: None, name: str) -> None:
    raid = GameServer("raid", ("sessions:submit", "players:create"))

    assert raid.submit(session(name)).json()["username"] == name
    assert get("/api/leaderboard/top").json()["top_players"][0]["username"] == name
    assert get("/api/players", search=name).json()["players"][0]["username"] == name


QUERIES = [
    *(("top", f"limit={value}", "invalid_limit") for value in ["-1", "0", "101", "1e9", "abc", "", "1.0", "+1", "٣"]),
    *(("top", f"limit={value}", "invalid_limit") for value in ["9" * 5000, "%00", "1%00", "10&limit=10", " 1", "01"]),
    *(("top", f"offset={value}", "invalid_offset") for value in ["-1", "10001", str(2**63), "abc", "", "0x1", "1_0"]),
    *(("top", f"board={value}", "invalid_board") for value in ["", "../../etc/passwd", "a b", "%00", "x" * 65]),
    *(("top", f"board={value}", "invalid_board") for value in ["gl%C3%B6bal", "a.b", "a&board=b", "a%0Ab", "{global}"]),
    *(("top", f"board={value}", "unknown_board") for value in ["-1", "1e3", "nowhere", "GLOBAL"]),
    ("around/1", "limit=0", "invalid_limit"),
    ("around/1", "limit=101", "invalid_limit"),
    ("rank/1", "board=a.b", "invalid_board"),
    *((f"rank/{value}", "", "invalid_user_id") for value in ["0", "-1", "abc", "1.0", str(2**63), "9" * 500, "%00"]),
    *((f"around/{value}", "", "invalid_user_id") for value in ["0", "1e3", "%27%20OR%201=1", "%E2%82%AC"]),
]


@pytest.mark.parametrize(("path", "query", "code"), QUERIES)
def test_a_bad_query_is_refused_by_name(arena: GameServer, path: str, query: str, code: str) -> None:
    status = 404 if code.startswith("unknown") else 400

    error = error_of(get(f"/api/leaderboard/{path}?{query}"), status)

    assert error["code"] == code
    assert error["fields"] == [code.removeprefix("invalid_").removeprefix("unknown_")]


@pytest.mark.parametrize("query", ["", "search=", "search=%20", "search=%00", "search=a%0Ab", f"search={'x' * 65}"])
def test_a_search_for_no_possible_name_is_refused(arena: GameServer, query: str) -> None:
    assert error_of(get(f"/api/players?{query}"), 400)["code"] == "invalid_search"
