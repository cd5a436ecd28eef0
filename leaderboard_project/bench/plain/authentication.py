"""`Authorization: Api-Key <key>`, by one SELECT for each request, as DRF's own token authentication does."""

from __future__ import annotations

import hashlib

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from typing_extensions import override

from leaderboard_project.bench.plain.models import ApiKey


class ApiKeyAuthentication(BaseAuthentication):
    """Knows game servers by their key."""

    @override
    def authenticate(self, request: Request) -> tuple[ApiKey, None] | None:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind != "Api-Key":
            return None
        key = ApiKey.objects.filter(digest=hashlib.sha256(secret.encode()).hexdigest()).first()
        if key is None:
            raise AuthenticationFailed
        return key, None

    @override
    def authenticate_header(self, request: Request) -> str:
        return "Api-Key"
