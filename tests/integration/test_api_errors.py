"""The one shape of errors, wherever they come from; health; and the description of it all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import get_resolver

from scores import ranking
from scores.api import schema
from scores.api.codes import Code
from scores.api.errors import to_api_error
from scores.models import Player
from tests.api import SUBMIT, GameServer, ask, error_of, get, session
from tests.faults.inside import stuck, valkey_away
from tests.ledger import make_ranks

pytestmark = pytest.mark.usefixtures("committed", "door")


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/v1/nothing", "/api/leaderboard/top/", "/api/%00"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_address_has_the_shape_of_all_errors(path: str, method: str) -> None:
    assert error_of(ask(method, path), 404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", SUBMIT),
        ("PUT", SUBMIT),
        ("OPTIONS", SUBMIT),
        ("TRACE", SUBMIT),
        ("POST", "/api/leaderboard/top"),
        ("DELETE", "/api/leaderboard/rank/1"),
    ],
)
def test_a_wrong_method_is_told(method: str, path: str) -> None:
    response = ask(method, path, Authorization=f"Api-Key {GameServer().secret}")

    assert error_of(response, 405)["code"] == "method_not_allowed"
    assert response["Allow"] == ("POST" if path == SUBMIT else "GET, HEAD")


def test_a_method_cannot_be_overridden(alice: Player) -> None:
    response = GameServer().submit(session(alice), **{"X-HTTP-Method-Override": "DELETE"})

    assert response.status_code == 201


def test_a_foreign_host_is_told_in_the_same_shape() -> None:
    response = ask("GET", "/api/leaderboard/top", Host="evil.example")

    assert error_of(response, 400)["code"] == "bad_request"


def test_json_is_answered_whatever_is_accepted() -> None:
    response = ask("GET", "/api/leaderboard/top", Accept="text/html")

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


def test_a_head_is_a_get_without_a_body() -> None:
    response = ask("HEAD", "/api/leaderboard/top")

    assert (response.status_code, response.content) == (200, b"")


def test_a_defect_is_a_500_in_the_same_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ranking, "top", fail)

    response = get("/api/leaderboard/top")

    assert error_of(response, 500) == {"code": "internal_error", "detail": Code.INTERNAL_ERROR.meaning}


def test_a_database_that_does_not_answer_is_a_503_that_says_when_to_come_back() -> None:
    with stuck("leaderboard"):
        response = get("/api/leaderboard/top")

    assert error_of(response, 503) == {"code": "unavailable", "detail": Code.UNAVAILABLE.meaning}
    assert response["Retry-After"] == "1"


def test_only_defects_have_no_translation() -> None:
    assert to_api_error(ZeroDivisionError()) is None


def test_pages_keep_errors_for_people() -> None:
    assert get("/nothing")["Content-Type"].startswith("text/html")


def test_a_live_process_says_so() -> None:
    assert get("/healthz").json() == {"status": "alive"}


@pytest.mark.parametrize("path", ["/readyz", "/v1/health-check"])
def test_readiness_follows_the_servers(path: str) -> None:
    assert get(path).json() == {"status": "degraded", "postgresql": "ok", "valkey": "rebuilding"}

    make_ranks()
    assert get(path).json() == {"status": "ready", "postgresql": "ok", "valkey": "ok"}

    with valkey_away():
        assert (get(path).status_code, get(path).json()) == (
            200,
            {"status": "degraded", "postgresql": "ok", "valkey": "away"},
        )


def test_a_server_without_postgresql_is_not_ready() -> None:
    with stuck("boards"):
        response = get("/readyz")

    assert response.status_code == 503
    assert (response.json()["status"], response.json()["postgresql"]) == ("unavailable", "away")


def test_boards_are_read_from_postgresql_while_valkey_is_away() -> None:
    make_ranks()

    with valkey_away():
        document = get("/api/leaderboard/top").json()

    assert (document["source"], document["epoch"], document["seq"]) == ("sql", None, None)


def test_the_description_is_valid_and_complete() -> None:
    text = StringIO()

    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=text)

    document = json.loads(text.getvalue())
    described = set(document["paths"])
    served = {
        "/" + str(pattern.pattern).replace("<str:user_id>", "{user_id}")
        for pattern in get_resolver("scores.api.urls").url_patterns
    }
    assert described == served - {"/api/docs/", "/api/schema/"}
    assert document["components"]["securitySchemes"].keys() == {"apiKey", "accessToken", "sessionCookie"}
    submit = document["paths"][SUBMIT]["post"]
    assert submit["security"] == [{"apiKey": []}, {"accessToken": []}]
    assert set(submit["responses"]) >= {"201", "400", "401", "403", "404", "413", "415", "422", "500", "503"}
    assert document["paths"]["/api/leaderboard/top"]["get"]["security"] == [{}]


def test_every_code_is_described_where_it_may_come() -> None:
    described = {example["value"]["error"]["code"] for example in _examples_of_errors()}

    # Told by Django or DRF for requests that no described operation takes.
    elsewhere = {Code.NOT_FOUND, Code.METHOD_NOT_ALLOWED, Code.FORBIDDEN}
    assert described == set(Code) - elsewhere


def _examples_of_errors() -> list[dict[str, Any]]:
    text = StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=text)
    return [
        example
        for operations in json.loads(text.getvalue())["paths"].values()
        for operation in operations.values()
        for status, response in operation["responses"].items()
        if status >= "400"
        for example in response["content"]["application/json"].get("examples", {}).values()
    ]


def test_the_schema_and_its_page_come_from_this_server() -> None:
    assert get("/api/schema/").status_code == 200
    page = get("/api/docs/")

    assert page.status_code == 200
    assert b"//cdn" not in page.content
    assert b"/static/drf_spectacular_sidecar/" in page.content
    assert "script-src 'self'" in page["Content-Security-Policy"].split("; ")
    assert "style-src 'self' 'unsafe-inline'" in page["Content-Security-Policy"].split("; ")
    assert get("/api/docs/", script="").status_code == 200


def test_examples_of_sessions_are_sessions(alice: Player) -> None:
    raid = GameServer("raid", ("sessions:submit", "players:create"))

    for example in schema.SUBMIT_EXAMPLES:
        if example.request_only:
            assert raid.submit({**example.value, "user_id": alice.id} if "user_id" in example.value else example.value)


@pytest.mark.parametrize("path", ["/api/schema/", "/api/docs/"])
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_the_description_is_read_and_nothing_else(path: str, method: str) -> None:
    response = ask(method, path)

    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")


def test_the_description_is_there_for_many_first_readers_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: get("/api/schema/"), range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
