"""Access tokens: short-lived JWTs, shaped as RFC 9068 wants, that name a player and the login behind them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import jwt

from scores.accounts import limits, signing_keys
from scores.accounts.errors import InvalidToken

_ALGORITHM: Final = "HS256"
_TYPE: Final = "at+jwt"
_ISSUER: Final = "rankcast"
_AUDIENCE: Final = "rankcast:api"
_CLOCK_TOLERANCE_S: Final = 5  # between the clocks of several machines
_MAX_LENGTH: Final = 1024  # ours have about 330 characters


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says: who, and by which login."""

    user_id: int
    family_id: UUID


def issue(claims: Claims) -> str:
    """A token that says so for ten minutes."""
    key_id, secret = signing_keys.signing()
    now = int(time.time())
    payload = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": str(claims.user_id),
        "fam": claims.family_id.hex,
        "iat": now,
        "exp": now + limits.current().access_token_s,
    }
    return jwt.encode(payload, secret, algorithm=_ALGORITHM, headers={"typ": _TYPE, "kid": key_id})


def read(token: str) -> Claims:
    """What the token says. Whether that still holds is `bearers`' to find out.

    The algorithm is ours and never the token's, and the key id chooses among our keys only.

    Raises:
        InvalidToken: not signed by us for this purpose, or expired.
    """
    if len(token) > _MAX_LENGTH:
        raise InvalidToken
    try:
        payload = _verified(token)
        return Claims(user_id=int(payload["sub"]), family_id=UUID(hex=payload["fam"]))
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
        raise InvalidToken from error


def _verified(token: str) -> dict[str, Any]:
    header = jwt.get_unverified_header(token)
    secret = signing_keys.believed().get(str(header.get("kid")))
    if secret is None or header.get("typ") != _TYPE:
        raise InvalidToken
    return jwt.decode(
        token,
        secret,
        algorithms=[_ALGORITHM],
        issuer=_ISSUER,
        audience=_AUDIENCE,
        leeway=_CLOCK_TOLERANCE_S,
        options={"require": ["iss", "aud", "sub", "fam", "iat", "exp"], "strict_aud": True},
    )
