"""What may stand in the pages' addresses."""

from __future__ import annotations

from django.urls.converters import IntConverter


class PlayerId(IntConverter):
    """A player's id in its one spelling, small enough for PostgreSQL's bigint. 0 is nobody's: the blank row's."""

    regex = "0|[1-9][0-9]{0,17}"
