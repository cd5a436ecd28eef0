"""`manage.py play`: plays simulated games against a running server until it is stopped."""

from __future__ import annotations

import argparse
import os
import random
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from leaderboard_project.demo.access import API_KEY
from leaderboard_project.demo.games import Season
from leaderboard_project.demo.submitter import Refused, Submitter
from leaderboard_project.embedded.for_command import default_data_directory
from leaderboard_project.embedded.secrets import Secrets
from leaderboard_project.parent import end_with_parent

#: The invented players stay the same from one evening to the next, so that their totals go on.
_SEED = 20261121
#: How often the standings are read again, in games: others may have played too.
_LOOK_EVERY = 200


class Command(BaseCommand):
    """Submits the games of a few hundred invented players over the public API."""

    help = "Play simulated games against a running server (see `serve --demo`)."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000/", help="the server (default: %(default)s)")
        parser.add_argument("--players", type=int, default=300, help="invented players (default: %(default)s)")
        parser.add_argument("--seed", type=int, help="play exactly the games of this seed")
        parser.add_argument("--games", type=int, help="stop after so many games")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        end_with_parent()
        # From the environment for an outside server, else the key that `serve --demo` keeps in the data directory.
        api_key = os.environ.get("RANKCAST_API_KEY") or Secrets(default_data_directory()).get(API_KEY)
        if not api_key:
            raise CommandError("Set RANKCAST_API_KEY, or start the server with `serve --demo`, which makes a key.")
        submitter = Submitter(options["url"], api_key)
        season = Season(players=options["players"], seed=_SEED if options["seed"] is None else options["seed"])
        if options["seed"] is None:
            season.reshuffle(random.SystemRandom().getrandbits(32))
        try:
            _play(season, submitter, options["games"])
        except Refused as error:
            raise CommandError(str(error)) from None


def _play(season: Season, submitter: Submitter, games: int | None) -> None:
    played = 0
    while games is None or played < games:
        if played % _LOOK_EVERY == 0:
            for username, total_score in submitter.top(100).items():
                season.learn(username, total_score)
        game = season.next_game()
        time.sleep(game.pause_s)
        receipt = submitter.submit(game)
        if receipt is not None:
            season.learn(game.username, receipt.total_score)
        played += 1
