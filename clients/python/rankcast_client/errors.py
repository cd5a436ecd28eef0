"""What can go wrong, for the code that calls."""

from __future__ import annotations

from collections.abc import Sequence


class RankcastError(Exception):
    """A request that got no receipt, row or board.

    Attributes:
        code: the server's stable code, such as `unknown_player`; `no_answer` where no server spoke.
        detail: a sentence for people.
        fields: what of the request is to blame, where something is.
        status: the HTTP status; None where no server spoke.
        may_be_recorded: a session that is told so may count or may not. Submit the same `Session`
            again: it has its idempotency key, and counts once.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        fields: Sequence[str] = (),
        status: int | None = None,
        may_be_recorded: bool = False,
    ) -> None:
        super().__init__(f"{detail} ({code})")
        self.code = code
        self.detail = detail
        self.fields = tuple(fields)
        self.status = status
        self.may_be_recorded = may_be_recorded


class Refused(RankcastError):
    """The server has decided: the same request will not be taken another time."""


class Unavailable(RankcastError):
    """No decision before the deadline; the same request may be taken later."""
