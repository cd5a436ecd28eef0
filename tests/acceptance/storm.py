"""Clients that submit without pause, each session under a key of its own, and remember what was acknowledged."""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field

import httpx

from tests.acceptance.serving import Serving, eventually, manage


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One 201."""

    key: str
    username: str
    score: int
    session_id: int


@dataclass
class Storm:
    """Submits from several connections at once while it is open."""

    url: str
    api_key: str
    connections: int = 16
    usernames: tuple[str, ...] = tuple(f"player{number}" for number in range(50))
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def __enter__(self) -> Storm:
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._submit, args=(number,)) for number in range(self.connections)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    def rages(self, sessions: int) -> None:
        """Wait until that many more were acknowledged."""
        wanted = len(self.acknowledged) + sessions
        assert eventually(lambda: len(self.acknowledged) >= wanted, within_s=30)

    def _submit(self, number: int) -> None:
        chance = random.Random(number)
        with httpx.Client(headers={"Authorization": f"Api-Key {self.api_key}"}, timeout=15) as client:
            sent = 0
            while not self._over.is_set():
                sent += 1
                key, username, score = f"{number}-{sent}", chance.choice(self.usernames), chance.randrange(100)
                try:
                    answer = client.post(
                        f"{self.url}api/leaderboard/submit",
                        headers={"Idempotency-Key": key},
                        json={"username": username, "score": score, "game_mode": "survival"},
                    )
                except httpx.HTTPError:
                    time.sleep(0.01)  # the server is gone: that is what some tests are about
                    continue
                if answer.status_code == 201:
                    self.acknowledged.append(Acknowledged(key, username, score, answer.json()["session_id"]))
                else:
                    self.refused.append(answer.status_code)


_SUMS = """
import json
from django.db.models import Sum
from scores import boards
from scores.models import GameSession, IdempotencyKey, Standing
from scores.ranking import keys
from scores.valkey import valkey
window = boards.current("global")
generation = valkey().commands([("HGET", keys.meta(window), "generation")])[0]
flat = valkey().commands([("ZRANGE", f"{keys.tag(window)}:{generation}:ranks", 0, -1, "WITHSCORES")])[0]
print(json.dumps({
    "sessions": GameSession.objects.aggregate(sum=Sum("score"))["sum"],
    "standings": Standing.objects.aggregate(sum=Sum("total_score"))["sum"],
    "ranks": -sum(int(float(score)) for score in flat[1::2]),
    "keys": dict(IdempotencyKey.objects.values_list("key", "session_id")),
}))
"""


def stored(serving: Serving) -> dict[str, object]:
    """What the running server has stored: the sum of all scores in each place, and session ids by key."""
    asked = manage(serving.data, "shell", "--no-imports", "-c", _SUMS)
    assert asked.returncode == 0, asked.stderr
    found: dict[str, object] = json.loads(asked.stdout.splitlines()[-1])
    return found
