"""Answers on their way out: the contract's structs as JSON, whatever was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from typing_extensions import override


class StructRenderer(BaseRenderer):
    """Encodes the structs of the contract."""

    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8 and has no such parameter

    @override
    def render(
        self,
        data: object,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The answer's bytes; none where there is nothing to say: a 204 with a body would begin the next answer."""
        return b"" if data is None else msgspec.json.encode(data)


class AlwaysJSON(DefaultContentNegotiation):
    """Answers in JSON whatever `Accept` says: there is nothing else to choose from."""

    @override
    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first renderer."""
        renderer = next(iter(renderers))
        return renderer, StructRenderer.media_type
