"""API keys: made once, verified quickly, revoked at once."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scores import api_keys
from scores.models import ApiKey, Client
from tests.api import GameServer, error_of, session

pytestmark = pytest.mark.usefixtures("committed", "door")


def test_a_key_is_verified_and_only_its_digest_is_kept() -> None:
    api_key, secret = api_keys.create("arena", [ApiKey.Scope.SUBMIT])

    assert re.fullmatch(r"rk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", secret)
    assert secret.startswith(f"rk_{api_key.prefix}_")
    assert api_keys.verify(secret) == api_key
    assert secret[12:] not in str(ApiKey.objects.values().get())


def test_keys_of_one_name_belong_to_one_client() -> None:
    first, _ = api_keys.create("arena", [ApiKey.Scope.SUBMIT])
    second, _ = api_keys.create(" arena ", [ApiKey.Scope.SUBMIT])

    assert first.client == second.client == Client.objects.get()
    assert first.prefix != second.prefix


@pytest.mark.parametrize(
    ("name", "scopes"), [("", ["sessions:submit"]), ("a\nb", ["sessions:submit"]), ("x", []), ("x", ["everything"])]
)
def test_a_key_needs_a_name_and_known_scopes(name: str, scopes: list[str]) -> None:
    with pytest.raises(ValueError, match=r"name|scope"):
        api_keys.create(name, scopes)

    assert not Client.objects.exists()


def test_a_secret_that_differs_anywhere_is_unknown() -> None:
    _, secret = api_keys.create("arena", [ApiKey.Scope.SUBMIT])
    changed = secret[:-1] + ("a" if secret[-1] != "a" else "b")

    assert api_keys.verify(changed) is None
    assert api_keys.verify(secret + "a") is None
    assert api_keys.verify(secret.upper()) is None
    assert api_keys.verify("") is None


def test_a_revoked_key_is_unknown_at_once_here() -> None:
    api_key, secret = api_keys.create("arena", [ApiKey.Scope.SUBMIT])
    assert api_keys.verify(secret) is not None

    api_keys.revoke(api_key)

    assert api_keys.verify(secret) is None
    api_key.refresh_from_db()
    assert api_key.revoked_at is not None


def test_a_key_revoked_elsewhere_is_unknown_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    api_key, secret = api_keys.create("arena", [ApiKey.Scope.SUBMIT])
    clock = 1000.0
    monkeypatch.setattr("scores.recent_answers.time.monotonic", lambda: clock)
    assert api_keys.verify(secret) is not None
    ApiKey.objects.filter(pk=api_key.pk).update(revoked_at="2026-01-01T00:00:00Z")

    clock += 1.0

    assert api_keys.verify(secret) is None


@pytest.mark.parametrize("known", [True, False])
def test_a_key_is_asked_for_once_a_moment(known: bool) -> None:
    _, secret = api_keys.create("arena", [ApiKey.Scope.SUBMIT])
    asked = secret if known else f"rk_aaaaaaaa_{'a' * 43}"

    with CaptureQueriesContext(
        connection,
    ) as queries:
        answers = [api_keys.verify(asked) for _ in range(10)]

    assert [answer is not None for answer in answers] == [known] * 10
    assert len(queries) <= 2  # two where the moment passed in between


def test_the_last_use_of_a_key_is_known_to_the_minute() -> None:
    api_key, secret = api_keys.create("arena", [ApiKey.Scope.SUBMIT])
    assert api_key.last_used_at is None

    assert used_at(api_key, secret) is not None
    first = timezone.now() - timedelta(seconds=50)
    ApiKey.objects.update(last_used_at=first)
    assert used_at(api_key, secret) == first
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=70))
    assert used_at(api_key, secret) > first


def used_at(api_key: ApiKey, secret: str) -> Any:
    """When the key was last used, after it was used."""
    api_keys._recent.forget(api_key.digest)
    assert api_keys.verify(secret) == api_key
    api_key.refresh_from_db()
    return api_key.last_used_at


def test_threads_may_verify_together() -> None:
    _, secret = api_keys.create("arena", [ApiKey.Scope.SUBMIT])
    answers: list[ApiKey | None] = []

    def verify() -> None:
        answers.extend(api_keys.verify(secret) for _ in range(50))
        connections.close_all()

    threads = [threading.Thread(target=verify) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(answers) == 400
    assert None not in answers


def test_the_command_prints_a_key_that_works() -> None:
    output = StringIO()

    call_command("create_api_key", "arena", "--scope", "sessions:submit", "--scope", "players:create", stdout=output)

    found = re.search(r"rk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", output.getvalue())
    assert found is not None
    assert "curl" in output.getvalue()
    server = GameServer()
    response = server.submit(session("dora"), Authorization=f"Api-Key {found[0]}")
    assert response.status_code == 201


def test_the_command_gives_the_scope_to_submit_by_default() -> None:
    call_command("create_api_key", "arena", stdout=StringIO())

    assert ApiKey.objects.get().scopes == ["sessions:submit"]


@pytest.mark.parametrize("name", ["", "x" * 101, "a\x00b"])
def test_the_command_refuses_a_bad_name_in_words(name: str) -> None:
    with pytest.raises(CommandError):
        call_command("create_api_key", name, stdout=StringIO())


def test_a_revoked_key_may_not_submit() -> None:
    server = GameServer()
    api_keys.revoke(server.api_key)

    assert error_of(server.submit(session("alice")), 401)["code"] == "invalid_api_key"
