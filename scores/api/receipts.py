"""Receipts and results as clients are told them, whichever door they came by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Final

from scores.api import contract
from scores.api.errors import ApiError, ledger_error
from scores.ledger import Receipt, SubmittedSession
from scores.ledger.settle import Settled

REPLAYED: Final = {"Idempotent-Replayed": "true"}  # a header, beside a receipt of an earlier request


def told(receipt: Receipt) -> contract.Receipt:
    """A receipt as the contract has it."""
    return contract.Receipt(
        session_id=receipt.session_id,
        user_id=receipt.user_id,
        username=receipt.username,
        score=receipt.score,
        game_mode=receipt.game_mode,
        outcome=receipt.outcome,
        timestamp=receipt.timestamp,
        total_score=receipt.total_score,
        rank=receipt.rank,
        status=receipt.status,
    )


def results(read: Iterable[SubmittedSession | ApiError], settled: Sequence[Settled]) -> contract.BatchAnswer:
    """The answer to a batch.

    Args:
        read: its items, as they were read.
        settled: what became of those that are sessions, in order.
    """
    outcomes = iter(settled)
    return contract.BatchAnswer([_result(item if isinstance(item, ApiError) else next(outcomes)) for item in read])


def _result(answer: Settled | ApiError) -> contract.Result:
    if isinstance(answer, Receipt):
        return contract.Result(status=HTTPStatus.CREATED, receipt=told(answer), replayed=answer.replayed)
    error = answer if isinstance(answer, ApiError) else ledger_error(answer)
    return contract.Result(status=error.code.status, error=error.error)
