"""What passes between the calls and whoever does their I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """To be sent; the answer to it is an `Answer`, or `Lost`."""

    method: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    document: Any = None


@dataclass(frozen=True, slots=True)
class Pause:
    """To be waited for; the answer to it is None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `document` is empty where that was no JSON object."""

    status: int
    document: dict[str, Any]
    retry_after_s: float | None = None
    replayed: bool = False

    @property
    def is_temporary(self) -> bool:
        """Whether the same request is right another time."""
        return is_temporary(self.status)


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came. `may_have_arrived`: the request may have been served all the same."""

    reason: str
    may_have_arrived: bool
    retry_after_s: None = None


def is_temporary(status: int) -> bool:
    """Whether a request with that status is right another time."""
    return status >= 500 or status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
