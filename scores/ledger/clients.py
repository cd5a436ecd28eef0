"""The clients behind accounts: who submits for themselves, or adjusts as a moderator, is a client too."""

from __future__ import annotations

from scores.models import Client


def client_of_player(user_id: int) -> int:
    """The id of the client that stands for this account; made at its first use.

    Safe to call from any number of processes at once.

    Raises:
        django.db.IntegrityError: no such account.
    """
    client, _ = Client.objects.get_or_create(user_id=user_id, defaults={"name": f"player {user_id}"})
    return client.pk
