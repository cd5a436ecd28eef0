"""API keys on the event loop: believed from memory, looked up in a thread, renewed aside."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from scores import api_keys
from scores.errors import LedgerUnavailable
from scores.fast_door.threads import Threads
from scores.models import ApiKey

_THREADS = 4
_PATIENCE_S = 2.0  # with a PostgreSQL that is silent; its thread waits longer, and ends by itself

log = structlog.get_logger(__name__)


class Keys:
    """Who shows which key."""

    def __init__(self) -> None:
        self._threads = Threads("api-keys", _THREADS)
        self._asking: dict[str, asyncio.Future[ApiKey | None]] = {}

    async def verify(self, secret: str) -> ApiKey | None:
        """As `api_keys.verify`, without holding up the loop; of many who show the same unknown key, one asks.

        Raises:
            LedgerUnavailable: not known already, and PostgreSQL is silent.
            django.db.OperationalError: as before, and it is away.
        """
        recalled = api_keys.recall(secret)
        if recalled is None:
            try:
                return await asyncio.wait_for(asyncio.shield(self._ask(secret)), _PATIENCE_S)
            except TimeoutError:
                raise LedgerUnavailable("The database does not answer. Send the session again in a moment.") from None
        if recalled.is_due:
            self._ask(secret)
        return recalled.value

    def _ask(self, secret: str) -> asyncio.Future[ApiKey | None]:
        asking = self._asking.get(secret)
        if asking is None:
            asking = self._asking[secret] = self._threads.ask(partial(api_keys.verify, secret))
            asking.add_done_callback(partial(self._asked, secret))
        return asking

    def _asked(self, secret: str, asking: asyncio.Future[ApiKey | None]) -> None:
        del self._asking[secret]
        if not asking.cancelled() and (error := asking.exception()):
            # Whoever waits gets the error too; a renewal that fails is tried again, and logged only here.
            log.debug("an API key could not be looked up", error=str(error).strip())
