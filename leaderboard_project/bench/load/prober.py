"""One connection that submits sessions of one player, one point each, and tells when each was committed."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from leaderboard_project.bench.errors import ClientFailed

_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Probe:
    """A session that was acknowledged.

    Attributes:
        total: the player's total after it.
        begun: when its transaction began, by PostgreSQL's clock: a little before the commit.
        acked: when the answer was here.
    """

    total: int
    begun: float
    acked: float


class Prober:
    """Submits for the player with the id `player`."""

    def __init__(self, address: tuple[str, int], api_key: str, player: int) -> None:
        self._connection = http.client.HTTPConnection(*address, timeout=_TIMEOUT_S)
        self._headers = {"Authorization": f"Api-Key {api_key}", "Content-Type": "application/json"}
        self._body = json.dumps({"user_id": player, "score": 1, "game_mode": "survival"})
        #: How many were acknowledged.
        self.acked = 0

    def __enter__(self) -> Self:
        """Nothing yet: the first probe opens the connection."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._connection.close()

    def submit(self) -> Probe:
        """Submit one session.

        Raises:
            ClientFailed: it was not acknowledged.
        """
        headers = {**self._headers, "Idempotency-Key": str(uuid.uuid4())}
        try:
            self._connection.request("POST", "/api/leaderboard/submit", self._body, headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise ClientFailed(f"A submit got no answer: {error!r}.") from None
        acked = time.time()
        if response.status != http.client.CREATED:
            raise ClientFailed(f"A submit was answered {response.status}: {content[:200]!r}.")
        receipt = json.loads(content)
        self.acked += 1
        return Probe(receipt["total_score"], datetime.fromisoformat(receipt["timestamp"]).timestamp(), acked)
