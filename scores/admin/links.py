"""Ways from one page of the desk to another."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from scores.models import Player


def id_of(request: HttpRequest) -> int:
    """The id of whoever asks; only for views of the admin, where they are logged in."""
    return cast("int", request.user.pk)


def page_of(model: str, pk: int) -> str:
    """The address of a row's page.

    Args:
        model: its name in lower case, such as `gamesession`.
        pk: the row's id.
    """
    return reverse(f"admin:scores_{model}_change", args=[pk])


def list_of(model: str, **query: str | int) -> str:
    """The address of a table's list, narrowed by its filters."""
    return reverse(f"admin:scores_{model}_changelist", query=query or None)


def link(address: str, text: str) -> SafeString:
    """A link; the text is escaped."""
    return format_html('<a href="{}">{}</a>', address, text)


def to_player(player: Player) -> SafeString:
    """A link to the player's page."""
    return link(page_of("player", player.pk), player.username)


def to_session(session_id: int) -> SafeString:
    """A link to the session's page."""
    return link(page_of("gamesession", session_id), f"session {session_id}")
