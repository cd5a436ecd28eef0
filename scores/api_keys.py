"""API keys: made once, verified on every submit, revoked within a second.

A key reads `rk_<prefix>_<secret>`. Only the SHA-256 digest of the whole is stored: a fast hash is
enough for 256 random bits, and a slow one would be most of a submit's time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from scores.models import ApiKey, Client
from scores.recent_answers import Recalled, RecentAnswers

_ALPHABET: Final = string.ascii_lowercase + string.digits
_USE_EVERY: Final = timedelta(minutes=1)  # how exactly a key's last use is known
_SHAPE: Final = re.compile(r"rk_([a-z0-9]{8})_[A-Za-z0-9_-]{43}")

#: By digest.
_recent: Final = RecentAnswers[str, ApiKey]()


def create(name: str, scopes: Sequence[str]) -> tuple[ApiKey, str]:
    """A new key of the client `name`, who is made if new; give it and its secret, which is not kept.

    Raises:
        ValueError: no printable name, no scope, or a scope that does not exist.
        django.db.DataError: the name is too long.
    """
    if not name.strip() or not name.isprintable():
        raise ValueError("A client needs a name of printable characters.")
    if not scopes or (unknown := set(scopes).difference(ApiKey.Scope.values)):
        raise ValueError(
            f"Unknown scopes: {', '.join(sorted(unknown))}." if scopes else "A key needs at least one scope."
        )
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    secret = f"rk_{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        client, _ = Client.objects.get_or_create(name=name.strip())
        api_key = ApiKey.objects.create(
            client=client, prefix=prefix, digest=_digest(secret), scopes=list(dict.fromkeys(scopes))
        )
    return api_key, secret


def verify(secret: str) -> ApiKey | None:
    """The key that the secret belongs to, its client at hand; None where it is unknown or revoked.

    Thread-safe. The answer may be up to 0.9 s old; what comes back is shared and must not be changed.

    Raises:
        django.db.OperationalError: not known already, and PostgreSQL does not answer.
    """
    shape = _SHAPE.fullmatch(secret)
    if shape is None:
        return None
    digest = _digest(secret)
    return _recent.get(digest, lambda: _read(shape[1], digest))


def recall(secret: str) -> Recalled[ApiKey] | None:
    """What `verify` would say without asking PostgreSQL; None where it would ask. Never waits."""
    if _SHAPE.fullmatch(secret) is None:
        return Recalled(None, is_due=False)
    return _recent.recall(_digest(secret))


def revoke(api_key: ApiKey) -> None:
    """Let the key be valid no longer: here at once, in other processes within a second."""
    ApiKey.objects.filter(pk=api_key.pk, revoked_at=None).update(revoked_at=Now())
    _recent.forget(api_key.digest)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(prefix: str, digest: str) -> ApiKey | None:
    found = ApiKey.objects.select_related("client").filter(prefix=prefix, revoked_at=None).first()
    if found is None or not hmac.compare_digest(found.digest, digest):
        return None
    if found.last_used_at is None or timezone.now() - found.last_used_at > _USE_EVERY:
        # Of many processes that notice at once, one writes.
        ApiKey.objects.filter(pk=found.pk, last_used_at=found.last_used_at).update(last_used_at=Now())
    return found
