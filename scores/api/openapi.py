"""How drf-spectacular learns the contract's structs, and how a caller shows who they are."""

from __future__ import annotations

from typing import Any

import msgspec
from django.conf import settings
from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from typing_extensions import override

from scores.api import logged_in
from scores.api.authentication import SCHEME


class StructExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Any struct in place of a serializer: msgspec writes its JSON Schema."""

    target_class = "msgspec.Struct"
    match_subclasses = True

    @override
    def get_name(self, auto_schema: AutoSchema, direction: str) -> str:
        """The component's name."""
        set_override(self.target, "suppress_collision_warning", True)  # one struct, seen from many operations
        return str(self.target.__name__)

    @override
    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """The struct's schema; those that it refers to become components of their own."""
        _, components = msgspec.json.schema_components([self.target], ref_template="#/components/schemas/{name}")
        own: dict[str, Any] = components.pop(self.target.__name__)
        for name, component in components.items():
            auto_schema.registry.register_on_missing(
                ResolvedComponent(  # type: ignore[no-untyped-call]
                    name=name, type=ResolvedComponent.SCHEMA, object=name, schema=component
                )
            )
        return own


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a game server shows its key."""

    target_class = "scores.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    @override
    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """The header."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": f"`{SCHEME} rk_…`, from `manage.py create_api_key NAME`.",
        }


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a player shows an access token."""

    target_class = "scores.api.logged_in.BearerAuthentication"
    name = "accessToken"

    @override
    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """The header."""
        return {
            "type": "http",
            "scheme": logged_in.SCHEME.lower(),
            "bearerFormat": "JWT",
            "description": "From `POST /api/auth/login`.",
        }


class SessionCookieScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How our own pages show who is logged in."""

    target_class = "scores.api.logged_in.SessionCookieAuthentication"
    name = "sessionCookie"

    @override
    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """The cookie."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "Of a page of this site; what changes anything needs `X-CSRFToken` as well.",
        }
