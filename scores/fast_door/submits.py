"""Submits at the fast door: one session or a batch, from a game server with an API key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from scores import group_commit
from scores.api import contract, documents, receipts, recording, submission
from scores.api.authentication import check_may_submit, known
from scores.api.errors import ApiError
from scores.api.submitters import Submitter, submitter_of
from scores.fast_door.answers import Answer, encoded
from scores.fast_door.heads import Headers
from scores.fast_door.keys import Keys
from scores.fast_door.threads import Threads
from scores.fast_door.waiting import Waiting
from scores.ledger import Receipt, SubmittedSession
from scores.ledger.settle import Settled
from scores.models import ApiKey

_KEY_HEADER: Final = submission.KEY_HEADER.lower().encode()
#: Items of a batch that are read in one go, between which others have their turn: about a millisecond.
_AT_ONCE: Final = 100
#: Bytes beyond which a body is decoded in a thread. A thousand usual sessions are 100 kB and take 2 ms;
#: a mebibyte that was made to take long takes 100 ms, in which nobody else would be answered.
_LARGE: Final = 128 * 1024
_THREADS: Final = 2


class Submits:
    """The resources `submit` and `submit/batch`."""

    def __init__(self, waiting: Waiting) -> None:
        self._keys = Keys()
        self._threads = Threads("large-bodies", _THREADS)
        self._waiting = waiting

    async def one(self, secret: str, headers: Headers, body: bytes) -> Answer:
        """As `POST /api/leaderboard/submit`."""
        api_key = await self.may_submit(secret)
        session = submission.read_body(
            body, submitter=submitter_of(api_key), idempotency_header=_text(headers.get(_KEY_HEADER))
        )
        [receipt] = await self._settled([session])
        if not isinstance(receipt, Receipt):
            raise receipt
        return encoded(
            receipts.told(receipt), HTTPStatus.CREATED, headers=receipts.REPLAYED if receipt.replayed else None
        )

    async def many(self, secret: str, headers: Headers, body: bytes) -> Answer:
        """As `POST /api/leaderboard/submit/batch`."""
        api_key = await self.may_submit(secret)
        submission.refuse_key_for_all(_text(headers.get(_KEY_HEADER)))
        return encoded(await self.recorded(api_key, submission.items_of(await self.decoded(body))))

    async def may_submit(self, secret: str) -> ApiKey:
        """The key that the secret belongs to, as it is now.

        Raises:
            ApiError: `invalid_api_key`, `missing_scope`.
            django.db.OperationalError: not known already, and PostgreSQL does not answer.
        """
        api_key = known(await self._keys.verify(secret))
        check_may_submit(api_key)
        return api_key

    async def decoded(self, body: bytes) -> dict[str, Any]:
        """The object that the body holds.

        Raises:
            ApiError: as `documents.decode`.
        """
        if len(body) <= _LARGE:
            return documents.decode(body)
        return await self._threads.ask(partial(documents.decode, body))

    async def recorded(self, api_key: ApiKey, items: Sequence[object]) -> contract.BatchAnswer:
        """What became of each item of a batch, in order.

        Raises:
            LedgerUnavailable: there is no room for them; none was recorded.
        """
        read = await _read(items, submitter_of(api_key, sessions=len(items)))
        settled = await self._settled([session for session in read if isinstance(session, SubmittedSession)])
        return receipts.results(read, settled)

    async def _settled(self, sessions: Sequence[SubmittedSession]) -> list[Settled]:
        pending = group_commit.submit_many(sessions)
        if await self._waiting.until_done(pending, self._waiting.deadline(recording.PATIENCE_S)):
            return pending.outcomes
        return pending.give_up()


async def _read(items: Sequence[object], submitter: Submitter) -> list[SubmittedSession | ApiError]:
    read: list[SubmittedSession | ApiError] = []
    for first in range(0, len(items), _AT_ONCE):
        if first:
            await asyncio.sleep(0)
        read += submission.read_items(items[first : first + _AT_ONCE], submitter=submitter)
    return read


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")
