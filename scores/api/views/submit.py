"""Submitting sessions, one or many: the door to the group commit."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from scores.accounts.bearers import Bearer
from scores.api import contract, receipts, schema, submission
from scores.api.authentication import ApiKeyAuthentication, MaySubmit
from scores.api.documents import BatchJSONParser
from scores.api.logged_in import BearerAuthentication
from scores.api.recording import record_all, record_one
from scores.api.submitters import submitter_of
from scores.api.views.base import ContractView
from scores.ledger import SubmittedSession
from scores.models import ApiKey


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
            _document(request),
            submitter=submitter_of(_auth(request)),
            idempotency_header=request.headers.get(submission.KEY_HEADER),
        )
        receipt = record_one(session)
        replayed = receipts.REPLAYED if receipt.replayed else None
        return Response(receipts.told(receipt), status=status.HTTP_201_CREATED, headers=replayed)


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
        submission.refuse_key_for_all(request.headers.get(submission.KEY_HEADER))
        items = submission.items_of(_document(request))
        read = submission.read_items(items, submitter=submitter_of(_auth(request), sessions=len(items)))
        settled = record_all([session for session in read if isinstance(session, SubmittedSession)])
        return Response(receipts.results(read, settled))


def _document(request: Request) -> dict[str, Any]:
    assert isinstance(request.data, dict)  # our parsers give nothing else
    return request.data


def _auth(request: Request) -> ApiKey | Bearer:
    assert isinstance(request.auth, ApiKey | Bearer)  # MaySubmit lets nobody else through
    return request.auth
