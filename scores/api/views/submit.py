"""Submitting sessions, one or many: the door to the group commit."""

from __future__ import annotations

import time
from concurrent.futures import Future
from typing import Any, Final

from django.db import connection
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from scores import group_commit
from scores.api import contract, schema, submission
from scores.api.authentication import ApiKeyAuthentication, MaySubmit
from scores.api.codes import Code
from scores.api.documents import BatchJSONParser
from scores.api.errors import ApiError, ledger_error
from scores.api.views.base import ContractView
from scores.errors import LedgerUnavailable, Refused
from scores.ledger import Receipt, SubmittedSession
from scores.models import ApiKey

_PATIENCE_S: Final = 10.0  # for the ledger; beyond every timeout that it sets itself
_KEY_HEADER: Final = "Idempotency-Key"


class SubmitView(ContractView):
    """`POST /api/leaderboard/submit`."""

    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = (MaySubmit,)

    @extend_schema(
        operation_id="submit_session",
        tags=["sessions"],
        summary="Submit a session",
        request=contract.Submission,
        parameters=[schema.IDEMPOTENCY_KEY, schema.IDEMPOTENT_REPLAYED, schema.RETRY_AFTER],
        responses={201: contract.Receipt, **schema.errors(*schema.SUBMIT_ERRORS)},
        examples=schema.SUBMIT_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Records one session; durable, counted and ranked when the answer comes.

        With an `Idempotency-Key`, a retry of the same session counts once: it gets the same receipt
        again (with the total and the rank as they are now) and `Idempotent-Replayed: true`.
        Without `players:create` in the key's scopes an unknown username is `unknown_player`.
        """
        session = submission.read_single(
            _document(request), api_key=_key_of(request), idempotency_header=request.headers.get(_KEY_HEADER)
        )
        _hold_no_connection()
        _let_go_of_the_database()
        receipt = _receipt(group_commit.submit(session), deadline=time.monotonic() + _PATIENCE_S)
        replayed = {"Idempotent-Replayed": "true"} if receipt.replayed else None
        return Response(_told(receipt), status=status.HTTP_201_CREATED, headers=replayed)


class SubmitBatchView(ContractView):
    """`POST /api/leaderboard/submit/batch`."""

    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = (MaySubmit,)
    parser_classes = (BatchJSONParser,)

    @extend_schema(
        operation_id="submit_sessions",
        tags=["sessions"],
        summary="Submit up to 1000 sessions",
        request=contract.Batch,
        parameters=[schema.RETRY_AFTER],
        responses={200: contract.BatchAnswer, **schema.errors(*schema.BATCH_ERRORS)},
        examples=schema.BATCH_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Records sessions independently of each other, and answers one result for each, in order.

        A session that is refused gets its own error, as it would have had alone; the others count.
        """
        if _KEY_HEADER in request.headers:
            raise ApiError(Code.IDEMPOTENCY_KEY_PER_ITEM, fields=[_KEY_HEADER])
        read = [_read(item, _key_of(request)) for item in submission.items_of(_document(request))]
        _hold_no_connection()
        _let_go_of_the_database()
        queued = iter(group_commit.submit_many([session for session in read if isinstance(session, SubmittedSession)]))
        deadline = time.monotonic() + _PATIENCE_S
        results = [
            _not_recorded(answer) if isinstance(answer, ApiError) else _result(next(queued), deadline)
            for answer in read
        ]
        return Response(contract.BatchAnswer(results))


def _hold_no_connection() -> None:
    """Give back the connection that read the API key, before waiting for the committer.

    The committer takes its connections from the same pool: with all of them in the hands of
    requests that wait for it, nothing would ever be recorded.
    """
    connection.close()


def _document(request: Request) -> dict[str, Any]:
    assert isinstance(request.data, dict)  # our parsers give nothing else
    return request.data


def _key_of(request: Request) -> ApiKey:
    assert isinstance(request.auth, ApiKey)  # MaySubmit lets nobody through without one
    return request.auth


def _read(item: object, api_key: ApiKey) -> SubmittedSession | ApiError:
    try:
        return submission.read_item(item, api_key=api_key)
    except ApiError as error:
        return error


def _let_go_of_the_database() -> None:
    """Give the connection that looked up the key back to the pool: the committer may need it while we wait."""
    connection.close()


def _receipt(future: Future[Receipt], *, deadline: float) -> Receipt:
    """Wait for the receipt, a bounded time.

    Raises:
        Refused, LedgerUnavailable: from the ledger, or because it took too long.
    """
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        if future.cancel():  # still in the queue: now it will never be recorded
            raise LedgerUnavailable("The session waited too long to be recorded, and was not.") from None
        raise LedgerUnavailable(
            "The database did not answer in time, so the session may or may not be recorded."
            " Send it again with the same idempotency key: it then counts once.",
            outcome_unknown=True,
        ) from None


def _result(future: Future[Receipt], deadline: float) -> contract.Result:
    try:
        receipt = _receipt(future, deadline=deadline)
    except (Refused, LedgerUnavailable) as error:
        return _not_recorded(ledger_error(error))
    return contract.Result(status=status.HTTP_201_CREATED, receipt=_told(receipt), replayed=receipt.replayed)


def _not_recorded(error: ApiError) -> contract.Result:
    return contract.Result(status=error.code.status, error=error.error)


def _told(receipt: Receipt) -> contract.Receipt:
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
        status="banned" if receipt.banned else "recorded",
    )
