"""`manage.py create_api_key NAME`: makes a key for a game server and prints it, once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DataError
from typing_extensions import override

from scores import api_keys
from scores.models import ApiKey

_HOW_TO_USE = """\
{secret}

Key of {client}, scopes: {scopes}. It is shown only now; revoke it in the admin site. Try it:

  curl http://127.0.0.1:8000/api/leaderboard/submit \\
    -H 'Authorization: Api-Key {secret}' \\
    -H 'Content-Type: application/json' \\
    -H 'Idempotency-Key: match-4711' \\
    -d '{{"{player}, "score": 50, "game_mode": "survival"}}'

(with the address of your server, where it is another one)
"""


class Command(BaseCommand):
    """Creates an API key."""

    help = "Create an API key for the client NAME (made if new) and print it once."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """The client's name and the key's scopes."""
        parser.add_argument("name", metavar="NAME", help="who submits, such as the name of a game")
        parser.add_argument(
            "--scope",
            action="append",
            choices=ApiKey.Scope.values,
            help=f"what the key may do, may be given several times (default: {ApiKey.Scope.SUBMIT.value})",
        )

    @override
    def handle(self, *args: Any, name: str, scope: list[str] | None, **options: Any) -> None:
        """Create the key and print it."""
        scopes = scope or [ApiKey.Scope.SUBMIT.value]
        try:
            api_key, secret = api_keys.create(name, scopes)
        except ValueError as error:
            raise CommandError(str(error)) from None
        except DataError:
            raise CommandError("The name is too long: at most 100 characters.") from None
        creates = ApiKey.Scope.CREATE_PLAYERS in api_key.scopes
        self.stdout.write(
            _HOW_TO_USE.format(
                secret=secret,
                client=api_key.client.name,
                scopes=", ".join(api_key.scopes),
                player='username": "ada"' if creates else 'user_id": 1',
            )
        )
