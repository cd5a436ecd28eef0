"""A session on its way: what is known of it after each try."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from rankcast_client import results
from rankcast_client.errors import RankcastError, Refused, Unavailable
from rankcast_client.exchange import Answer, Lost, is_temporary
from rankcast_client.results import Receipt
from rankcast_client.sessions import Session

Outcome = Receipt | RankcastError

T = TypeVar("T")

_NO_DECISION = "The server did not answer."
#: A server that says so has recorded nothing; after any other failure of its own nobody knows.
_NOTHING_DONE = frozenset({"unavailable", "too_many_requests"})


class Pending:
    """One session and its outcome, which is None until it is decided."""

    __slots__ = ("_last", "may_be_recorded", "outcome", "session")

    def __init__(self, session: Session) -> None:
        self.session = session
        self.outcome: Outcome | None = None
        self.may_be_recorded = False
        self._last: RankcastError | None = None

    def lost(self, reason: str, *, may_have_arrived: bool) -> None:
        """Take note of a try that got no answer."""
        self.may_be_recorded |= may_have_arrived
        self._last = Unavailable("no_answer", reason)

    def take(self, status: int, document: dict[str, Any], *, replayed: bool = False) -> None:
        """Take note of an answer to this session, a receipt or `{"error": …}`."""
        if self.outcome is not None:
            return  # given up before
        if status == HTTPStatus.CREATED:
            self.outcome = read(partial(results.receipt, document, replayed=replayed), status)
            return
        error = refusal(status, document)
        if not is_temporary(status):
            # A refused key says nothing of the session: an earlier try may have got through.
            unheard = status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
            error.may_be_recorded = unheard and self.may_be_recorded
            self.outcome = error
        else:
            self.may_be_recorded |= error.code not in _NOTHING_DONE
            self._last = error

    def give_up(self) -> None:
        """Decide that there is no decision."""
        if self.outcome is None:
            last = self._last or Unavailable("no_answer", _NO_DECISION)
            self.outcome = Unavailable(
                "outcome_unknown" if self.may_be_recorded else last.code,
                last.detail,
                status=last.status,
                may_be_recorded=self.may_be_recorded,
            )


def tell(submitted: list[Pending], heard: Answer | Lost) -> None:
    """Let sessions know what became of the batch that they were sent in."""
    answers = heard.document.get("results") if isinstance(heard, Answer) and heard.status == HTTPStatus.OK else None
    if answers is not None:
        tell_each(submitted, answers)
        return
    for pending in submitted:
        if isinstance(heard, Lost):
            pending.lost(heard.reason, may_have_arrived=heard.may_have_arrived)
        else:
            pending.take(heard.status, heard.document, replayed=heard.replayed)


def tell_each(submitted: list[Pending], answers: list[dict[str, Any]]) -> None:
    """The same for results, one for each session in order."""
    for pending, result in zip(submitted, answers, strict=True):
        pending.take(result["status"], result.get("receipt", result), replayed=result.get("replayed", False))


def refusal(status: int, document: dict[str, Any]) -> RankcastError:
    """The error in an answer."""
    error = document.get("error")
    told = error if isinstance(error, dict) else {}
    kind = Unavailable if is_temporary(status) else Refused
    return kind(
        str(told.get("code", "unexpected_answer")),
        str(told.get("detail", f"The server answered with {status}, but not in Rankcast's words. Is the URL right?")),
        fields=tuple(told.get("fields", ())),
        status=status,
    )


def read(decode: Callable[[], T], status: int) -> T | RankcastError:
    """What an answer holds, or the error that it holds something else."""
    try:
        return decode()
    except (KeyError, TypeError, ValueError):
        return refusal(status, {})
