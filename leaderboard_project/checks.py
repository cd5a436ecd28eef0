"""System checks of production mode: settings too weak to serve the world are named before anything starts."""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

_LONG_ENOUGH: Final = 50
_MIXED_ENOUGH: Final = 10  # different characters; random hexadecimal digits have sixteen
#: What stands in examples, and what Django and we ourselves put in front of a key that nobody set.
_PLACEHOLDER: Final = re.compile(
    r"django-insecure|change|example|placeholder|random|secret|password|your|[<>…]", re.IGNORECASE
)

#: The checks whose errors keep a process from starting.
TAGS: Final = (checks.Tags.security, "realtime")


def register() -> None:
    """Let `manage.py check`, and every process at its start, run the checks."""
    checks.register(check_production, checks.Tags.security)


def refuse_errors() -> None:
    """Run the checks of settings; tell all that is wrong at once, and end this process with exit code 2."""
    errors = [message for message in checks.run_checks(tags=TAGS) if message.is_serious() and not message.is_silenced()]
    if errors:
        lines = [f"  {error.id}: {error.msg}\n    {error.hint}\n" for error in errors]
        sys.stderr.write(f"Rankcast does not start with these settings:\n{''.join(lines)}")
        sys.exit(2)


def check_production(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """Nothing in development; in production mode, an error for each weakness."""
    if not settings.PRODUCTION:
        return []
    return [*_secret_key(), *_site(), *_https(), *_servers()]


def _secret_key() -> Iterator[checks.Error]:
    key: str = settings.SECRET_KEY
    if len(key) < _LONG_ENOUGH or len(set(key)) < _MIXED_ENOUGH or _PLACEHOLDER.search(key):
        yield checks.Error(
            "SECRET_KEY is missing, too short, too regular, or an example's.",
            hint="Set it to 50 or more random characters: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
            id="leaderboard_project.E001",
        )


def _site() -> Iterator[checks.Error]:
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield checks.Error(
            "ALLOWED_HOSTS does not say by which names this server is reached.",
            hint="Set it to the host names, such as board.example, separated by commas and without wildcards.",
            id="leaderboard_project.E002",
        )
    if settings.DEBUG:
        yield checks.Error(
            "RANKCAST_DEBUG is on: errors would show code and settings to everybody.",
            hint="Unset it.",
            id="leaderboard_project.E003",
        )

    if settings.FAILPOINTS:
        yield checks.Error(
            "RANKCAST_FAILPOINTS is set: processes would fail on purpose.",
            hint="Unset it. It is for tests.",
            id="leaderboard_project.E009",
        )


def _https() -> Iterator[checks.Error]:
    if not (settings.SECURE_SSL_REDIRECT and settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        yield checks.Error(
            "RANKCAST_HTTPS is off: passwords, keys and cookies would travel in the clear.",
            hint="Unset it (production mode turns it on), and let a proxy in front speak TLS.",
            id="leaderboard_project.E004",
        )
    elif not settings.TRUSTED_PROXIES:
        yield checks.Error(
            "HTTPS is on, and no proxy is trusted to say so: every request would be sent to its own address for ever.",
            hint="Set RANKCAST_TRUSTED_PROXIES to the address or network of the proxy that speaks TLS.",
            id="leaderboard_project.E005",
        )
    if any(network.prefixlen == 0 for network in settings.TRUSTED_PROXIES):
        yield checks.Error(
            "RANKCAST_TRUSTED_PROXIES names everybody: every client could choose its own address.",
            hint="Name the addresses or networks of your proxies only.",
            id="leaderboard_project.E008",
        )


def _servers() -> Iterator[checks.Error]:
    database = settings.DATABASES["default"]
    known = database["PASSWORD"] or {"passfile", "service", "sslcert"} & database["OPTIONS"].keys()
    if not known and not all(_is_near(host) for host in str(database["HOST"]).split(",")):
        yield checks.Error(
            "DATABASE_URL has no password, and PostgreSQL is another machine.",
            hint="Give the role a password and write it into the URL.",
            id="leaderboard_project.E006",
        )
    valkey = urlsplit(settings.REDIS_URL)
    if not (valkey.password or parse_qs(valkey.query).get("password")) and not _is_near(valkey.hostname or ""):
        yield checks.Error(
            "REDIS_URL has no password, and Valkey is another machine.",
            hint="Start Valkey with requirepass (or an ACL user) and write the password into the URL.",
            id="leaderboard_project.E007",
        )


def _is_near(host: str) -> bool:
    """Whether that is a unix socket (no host, or a directory) or this machine's loopback."""
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
