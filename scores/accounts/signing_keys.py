"""The keys that sign access tokens. The first signs, all are believed, so that keys can be changed without a break."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from django.conf import settings
from django.utils.encoding import force_bytes

_PURPOSE: Final = b"rankcast access tokens, version 1"


def signing() -> tuple[str, bytes]:
    """The id and the secret of the key that signs."""
    return next(iter(believed().items()))


def believed() -> dict[str, bytes]:
    """Every key whose signature is believed, by its id.

    `RANKCAST_JWT_KEYS` names them. Without it they are made from SECRET_KEY and SECRET_KEY_FALLBACKS;
    their ids are made from the keys, so another SECRET_KEY has another id.
    """
    if settings.JWT_KEYS:
        return {key_id: secret.encode() for key_id, secret in settings.JWT_KEYS.items()}
    made = [
        hmac.digest(force_bytes(secret), _PURPOSE, "sha256")
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    return {hashlib.sha256(key).hexdigest()[:8]: key for key in made}
