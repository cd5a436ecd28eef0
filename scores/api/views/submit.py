"""Submitting sessions, one or many: the door to the group commit."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from scores.api import contract, schema, submission
from scores.api.authentication import ApiKeyAuthentication, MaySubmit
from scores.api.codes import Code
from scores.api.documents import BatchJSONParser
from scores.api.errors import ApiError, ledger_error
from scores.api.logged_in import BearerAuthentication
from scores.api.recording import record_all, record_one
from scores.api.submitters import Submitter, submitter_of
from scores.api.views.base import ContractView
from scores.ledger import Receipt, SubmittedSession
from scores.ledger.settle import Settled

_KEY_HEADER: Final = "Idempotency-Key"


class SubmitView(ContractView):
    """`POST /api/leaderboard/submit`."""

    authentication_classes = (ApiKeyAuthentication, BearerAuthentication)
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
        A player, where players may submit, leaves out who played and when: it is they, and now.
        """
        session = submission.read_single(
            _document(request), submitter=submitter_of(request), idempotency_header=request.headers.get(_KEY_HEADER)
        )
        receipt = record_one(session)
        replayed = {"Idempotent-Replayed": "true"} if receipt.replayed else None
        return Response(_told(receipt), status=status.HTTP_201_CREATED, headers=replayed)


class SubmitBatchView(ContractView):
    """`POST /api/leaderboard/submit/batch`."""

    authentication_classes = (ApiKeyAuthentication, BearerAuthentication)
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
        items = submission.items_of(_document(request))
        submitter = submitter_of(request, sessions=len(items))
        read = [_read(item, submitter) for item in items]
        outcomes = iter(record_all([session for session in read if isinstance(session, SubmittedSession)]))
        return Response(
            contract.BatchAnswer(
                [_result(answer if isinstance(answer, ApiError) else next(outcomes)) for answer in read]
            )
        )


def _document(request: Request) -> dict[str, Any]:
    assert isinstance(request.data, dict)  # our parsers give nothing else
    return request.data


def _read(item: object, submitter: Submitter) -> SubmittedSession | ApiError:
    try:
        return submission.read_item(item, submitter=submitter)
    except ApiError as error:
        return error


def _result(answer: Settled | ApiError) -> contract.Result:
    if isinstance(answer, Receipt):
        return contract.Result(status=status.HTTP_201_CREATED, receipt=_told(answer), replayed=answer.replayed)
    error = answer if isinstance(answer, ApiError) else ledger_error(answer)
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
        status=receipt.status,
    )
