"""Production mode: weak settings are refused, all at once, in words; strong ones pass Django's own checks too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leaderboard_project import env
from leaderboard_project.checks import check_production

ROOT = Path(__file__).resolve().parents[2]
KEY = "fJ8s0nV3xQ7yR2mLw9Tz5bHc1dKp6gAe4uXiNoEvBqWrYtSkMjZhCl"
STRONG = {
    "RANKCAST_PRODUCTION": "1",
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "board.example",
    "RANKCAST_TRUSTED_PROXIES": "10.1.2.3",
    "DATABASE_URL": "postgresql://rankcast:pw@db.internal/rankcast",
    "REDIS_URL": "redis://:pw@valkey.internal:6379/0",
}
WEB = ("-m", "leaderboard_project.web", "--port", "0")
WORKER = ("manage.py", "worker")
SERVE = ("manage.py", "serve", "--port", "0")
CHECK = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "COVERAGE_PROCESS_START"}}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=own | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_strong_settings_pass_every_check_there_is() -> None:
    checked = run(*CHECK, **STRONG)

    assert (checked.returncode, checked.stdout) == (0, "System check identified no issues (2 silenced).\n")


@pytest.mark.parametrize("command", [WEB, WORKER, SERVE])
def test_no_process_starts_on_weak_settings(command: tuple[str, ...]) -> None:
    weak = {
        "RANKCAST_PRODUCTION": "1",
        "SECRET_KEY": "change-me",
        "ALLOWED_HOSTS": "*",
        "RANKCAST_DEBUG": "1",
        "RANKCAST_HTTPS": "0",
        "RANKCAST_TRUSTED_PROXIES": "*",
        "DATABASE_URL": "postgresql://rankcast@db.internal/rankcast",
        "REDIS_URL": "redis://valkey.internal:6379/0",
    }

    ended = run(*command, **weak)

    assert ended.returncode == 2
    for number in (1, 2, 3, 4, 6, 7, 8):
        assert f"leaderboard_project.E00{number}: " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "change-me" not in ended.stderr


@pytest.mark.parametrize("command", [WEB, WORKER, CHECK])
def test_a_variable_that_cannot_be_read_is_one_sentence(command: tuple[str, ...]) -> None:
    ended = run(*command, **{**STRONG, "RANKCAST_TRUSTED_PROXIES": "caddy"})

    assert ended.returncode == 2
    assert ended.stderr.startswith("RANKCAST_TRUSTED_PROXIES must hold addresses and networks")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "db.internal hunter2"),
        ("DATABASE_URL", "mysql://rankcast:hunter2@db.internal/rankcast"),
        ("DATABASE_URL", "postgresql://rankcast:hunter2@[db.internal/rankcast"),
        ("REDIS_URL", "valkey.internal:6379?hunter2"),
        ("RANKCAST_DB_POOL", "many"),
        ("RANKCAST_DEBUG", "maybe"),
        ("RANKCAST_HSTS_SECONDS", "-1"),
        ("RANKCAST_JWT_KEYS", "hunter2"),
        ("RANKCAST_LOG_FORMAT", "xml"),
        ("RANKCAST_LOG_LEVEL", "loud"),
        ("RANKCAST_PROXY_COUNT", "0"),
    ],
)
def test_each_reader_names_its_variable_and_no_secret(name: str, value: str) -> None:
    ended = run(*WEB, **{**STRONG, name: value})

    assert ended.returncode == 2
    assert ended.stderr.startswith(name)
    assert ended.stderr.count("\n") == 1
    assert "hunter2" not in ended.stderr


@pytest.fixture
def production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings without a weakness."""
    monkeypatch.setenv("RANKCAST_TRUSTED_PROXIES", "10.1.2.3")
    settings.PRODUCTION = True
    settings.SECRET_KEY = KEY
    settings.ALLOWED_HOSTS = ["board.example"]
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.TRUSTED_PROXIES = env.networks("RANKCAST_TRUSTED_PROXIES")
    return settings


def ids() -> list[str]:
    messages = check_production(None)
    assert all(message.hint for message in messages)
    return [str(message.id).removeprefix("leaderboard_project.") for message in messages]


def test_there_is_nothing_to_say_of_strong_settings(production: Any) -> None:
    assert ids() == []


def test_development_may_be_weak(production: Any) -> None:
    production.PRODUCTION = False
    production.SECRET_KEY = "short"
    production.ALLOWED_HOSTS = ["*"]

    assert ids() == []


@pytest.mark.parametrize(
    "key",
    [
        "short",
        KEY[:49],
        "a" * 60,
        "abcdefghi" * 10,
        f"django-insecure-{KEY}",
        "50-random-characters-50-random-characters-50-random-characters",
        "please_CHANGE_this_before_you_serve_anybody_0123456789",
        "<fifty characters that nobody else has, 0123456789_-ABC>",
    ],
)
def test_a_key_that_others_may_know_is_refused(production: Any, key: str) -> None:
    production.SECRET_KEY = key

    assert ids() == ["E001"]


@pytest.mark.parametrize("key", [KEY, "0123456789abcdef" * 4])
def test_a_key_that_was_drawn_is_taken(production: Any, key: str) -> None:
    production.SECRET_KEY = key

    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ALLOWED_HOSTS", [], ["E002"]),
        ("ALLOWED_HOSTS", ["board.example", "*"], ["E002"]),
        ("ALLOWED_HOSTS", [".board.example"], []),
        ("DEBUG", True, ["E003"]),
        ("SECURE_SSL_REDIRECT", False, ["E004"]),
        ("SESSION_COOKIE_SECURE", False, ["E004"]),
        ("CSRF_COOKIE_SECURE", False, ["E004"]),
        ("TRUSTED_PROXIES", [], ["E005"]),
        ("FAILPOINTS", "publish=skip", ["E009"]),
    ],
)
def test_what_faces_the_world_is_strict(production: Any, name: str, value: object, expected: list[str]) -> None:
    setattr(production, name, value)

    assert ids() == expected


@pytest.mark.parametrize("proxies", ["*", "10.1.2.3,0.0.0.0/0", "::/0"])
def test_not_everybody_is_a_proxy(production: Any, monkeypatch: pytest.MonkeyPatch, proxies: str) -> None:
    monkeypatch.setenv("RANKCAST_TRUSTED_PROXIES", proxies)
    production.TRUSTED_PROXIES = env.networks("RANKCAST_TRUSTED_PROXIES")

    assert ids() == ["E008"]


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (("db.internal", "pw", {}), []),
        (("db.internal", "", {}), ["E006"]),
        (("db1.internal,db2.internal", "", {}), ["E006"]),
        (("192.0.2.1", "", {}), ["E006"]),
        (("db.internal", "", {"sslcert": "client.crt"}), []),
        (("127.0.0.1", "", {}), []),
        (("localhost", "", {}), []),
        (("::1", "", {}), []),
        (("/run/postgresql", "", {}), []),
        (("", "", {}), []),
    ],
)
def test_postgresql_elsewhere_wants_a_password(
    production: Any, monkeypatch: pytest.MonkeyPatch, server: tuple[str, str, dict[str, str]], expected: list[str]
) -> None:
    for name, value in zip(("HOST", "PASSWORD", "OPTIONS"), server, strict=True):
        monkeypatch.setitem(production.DATABASES["default"], name, value)

    assert ids() == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://:pw@valkey.internal:6379/0", []),
        ("rediss://app:pw@valkey.internal/0", []),
        ("redis://valkey.internal/0?password=pw", []),
        ("redis://valkey.internal:6379/0", ["E007"]),
        ("redis://app@valkey.internal/0", ["E007"]),
        ("redis://127.0.0.1:6379/0", []),
        ("redis://[::1]:6379/0", []),
        ("unix:///run/valkey.sock", []),
    ],
)
def test_valkey_elsewhere_wants_a_password(production: Any, url: str, expected: list[str]) -> None:
    production.REDIS_URL = url

    assert ids() == expected
