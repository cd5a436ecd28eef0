"""The addresses of the pair on a data directory, as the environment variables that clients read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import quote

from leaderboard_project.embedded import secrets
from leaderboard_project.embedded.sockets import socket_directory

#: The application's role and its database.
NAME = "rankcast"
VALKEY_SOCKET = "valkey.sock"
#: Of randomness in SECRET_KEY: as text, more than the 50 characters that Django asks for.
_KEY_BYTES = 50


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a client needs to reach the pair."""

    database_url: str
    redis_url: str
    secret_key: str


def addresses_on(data_directory: Path) -> Addresses:
    """The addresses of the pair on `data_directory`, whether it runs or not."""
    kept = secrets.Secrets(data_directory)
    directory = socket_directory(data_directory)
    return Addresses(
        database_url=postgres_url(directory, kept.get_or_draw(secrets.POSTGRES_PASSWORD)),
        redis_url=valkey_url(directory, kept.get_or_draw(secrets.VALKEY_PASSWORD)),
        secret_key=kept.get_or_draw(secrets.SECRET_KEY, partial(token_urlsafe, _KEY_BYTES)),
    )


def postgres_url(directory: Path, password: str) -> str:
    """The libpq URL of the application's database behind the socket in `directory`."""
    return f"postgresql://{NAME}:{quote(password, safe='')}@/{NAME}?host={quote(str(directory), safe='')}"


def valkey_url(directory: Path, password: str) -> str:
    """The address of the Valkey behind the socket in `directory`, in redis-py's form."""
    return f"unix://{quote(str(directory / VALKEY_SOCKET))}?password={quote(password, safe='')}"
