"""Which game is played next, and when: pure, and the same for the same seed and the same totals.

Total scores only grow, so a board of steady players would freeze: the gaps widen while a game
stays a game. Here, as in a real evening, whoever is close behind plays on, and whoever leads rests.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from leaderboard_project.demo.names import handles
from scores.ledger.values import Outcome

_MODES = ("survival", "sprint", "duel", "puzzle")
_OUTCOMES: tuple[Outcome, ...] = ("win", "loss", "draw")
#: The moods of the server: name, games per second, how long it lasts in seconds, how often it comes.
_MOODS = (
    ("lull", 0.8, (2.0, 5.0), 2),
    ("lively", 5.0, (4.0, 12.0), 5),
    ("burst", 14.0, (1.0, 3.0), 2),
)
#: So many players are in the race for the visible top.
_CONTENDERS = 24
#: A run of games by one player: at least and at most.
_RUN = (2, 6)


@dataclass(frozen=True, slots=True)
class Game:
    """One finished game, `pause_s` seconds after the one before it."""

    pause_s: float
    username: str
    score: int
    game_mode: str
    outcome: Outcome | None


class Season:
    """An endless row of games; tell it the totals that the server answers with, and the race stays close."""

    def __init__(self, *, players: int, seed: int) -> None:
        """Invent `players` players from `seed`."""
        self._rng = random.Random(seed)  # noqa: S311  (games, not secrets)
        self._totals = dict.fromkeys(handles(players, self._rng), 0)
        self._skill = {name: self._rng.lognormvariate(0.0, 0.35) for name in self._totals}
        self._runs: list[list[str]] = []
        self._mood_s = 0.0
        self._rate = 1.0

    @property
    def usernames(self) -> list[str]:
        """Everybody who plays."""
        return list(self._totals)

    def reshuffle(self, seed: int) -> None:
        """Keep the players, but let their next games follow from `seed`."""
        self._rng.seed(seed)

    def learn(self, username: str, total_score: int) -> None:
        """Take note of a player's total score; one who is not ours is ignored."""
        if username in self._totals:
            self._totals[username] = total_score

    def next_game(self) -> Game:
        """The next game and the pause before it."""
        pause_s = self._pause_s()
        username = self._next_player()
        game_mode = self._rng.choice(_MODES)
        score = max(1, round(self._rng.gammavariate(2.2, 55) * self._skill[username]))
        outcome = self._rng.choices(_OUTCOMES, (5, 4, 1))[0] if game_mode == "duel" else None
        if outcome == "loss":
            score = max(1, score // 3)
        return Game(pause_s, username, score, game_mode, outcome)

    def _pause_s(self) -> float:
        if self._mood_s <= 0:
            _, self._rate, lasts, _ = self._rng.choices(_MOODS, [mood[3] for mood in _MOODS])[0]
            self._mood_s = self._rng.uniform(*lasts)
        pause_s = min(self._rng.expovariate(self._rate), self._mood_s)
        self._mood_s -= pause_s
        return max(pause_s, 0.02)

    def _next_player(self) -> str:
        """Somebody on a run, a contender who begins one, or anybody at all."""
        dice = self._rng.random()
        if self._runs and dice < 0.55:
            run = self._rng.choice(self._runs)
            name = run.pop()
            if not run:
                self._runs.remove(run)
            return name
        if dice < 0.75:
            name = self._contender()
            self._runs.append([name] * self._rng.randint(*_RUN))
            return name
        return self._rng.choice(list(self._totals))

    def _contender(self) -> str:
        # Rarely the leader, most likely somebody just outside or low in the top ten.
        race = sorted(self._totals, key=lambda name: -self._totals[name])[:_CONTENDERS]
        place = min(int(self._rng.triangular(0, len(race), len(race) * 0.35)), len(race) - 1)
        return race[place]
