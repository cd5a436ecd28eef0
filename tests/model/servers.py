"""What happens to servers, and what operators and hands do with them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from typing import Any

import redis
from django.conf import settings
from django.db import connections
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from scores import archive, boards
from scores.errors import RanksUnavailable
from scores.ranking.projecting import project
from scores.ranking.rebuilding import rebuild
from tests.conftest import _empty
from tests.model.beside import Beside, at_once, one_of, submissions, which, whom
from tests.model.hands import HANDS, tamper


class Servers(Beside):
    """They lose what they have, or are brought back to where they were."""

    @rule()
    def flush_valkey(self) -> None:
        with _valkey() as raw:
            raw.flushall()
        self.has_ranks = self.is_tampered = False

    @rule()
    def save_valkey(self) -> None:
        with _valkey() as raw:
            contents = {key: raw.dump(key) or b"" for key in raw.scan_iter()}
        self.saved = (contents, deepcopy(self.seen), self.has_ranks, self.is_tampered)

    @precondition(lambda self: self.saved)
    @rule()
    def bring_valkey_back_to_where_it_was(self) -> None:
        assert self.saved is not None
        contents, seen, self.has_ranks, self.is_tampered = self.saved
        with _valkey() as raw:
            raw.flushall()
            for key, value in contents.items():
                raw.restore(key, 0, value)
        self.seen = deepcopy(seen)
        self.is_exact = False
        self._changed(at_once=False)

    @precondition(lambda self: self.has_ranks and self.model.players)
    @rule(hands=st.lists(st.tuples(st.sampled_from(range(len(HANDS))), whom), min_size=1, max_size=4), at_once=at_once)
    def put_hands_in_valkey(self, hands: list[tuple[int, int]], at_once: bool) -> None:
        for hand, who in hands:
            with suppress(RanksUnavailable):  # where another hand was before
                tamper(hand, self._player(who))
        self.is_tampered = True
        if at_once:
            self.settle_and_compare()

    @precondition(lambda self: self.heard)
    @rule(number=which, everything=st.booleans())
    def wake_up_and_project_what_is_old(self, number: int, everything: bool) -> None:
        for committed in reversed(self.heard) if everything else [one_of(self.heard, number)]:
            with suppress(RanksUnavailable):
                project(committed)

    @rule()
    def rebuild(self) -> None:
        with suppress(RanksUnavailable):
            rebuild(boards.current(boards.GLOBAL))
            self.has_ranks = True

    @rule(what=submissions, at_once=at_once)
    def rebuild_while_they_play(self, what: tuple[int | str, dict[str, Any]], at_once: bool) -> None:
        def play(players: int) -> None:
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(self._submit, [what], at_once=at_once).result(30)
                elsewhere.submit(connections.close_all).result(10)

        with suppress(RanksUnavailable):
            rebuild(boards.current(boards.GLOBAL), progress=play)
            self.has_ranks = True

    @precondition(lambda self: self.archived is None and self.model.sessions)
    @rule()
    def take_an_archive(self) -> None:
        path = self.directory / "archive.tar"
        archive.snapshot(path)
        self.archived = (path, deepcopy(self.model))

    @precondition(lambda self: self.archived is not None and self.restores == 0)
    @rule()
    def lose_postgresql_and_restore_the_archive(self) -> None:
        assert self.archived is not None
        path, model = self.archived
        erased = [user_id for user_id, player in self.model.players.items() if player.state == "erased"]
        archive.erasures.write_down(path.parent)
        with _valkey() as raw:
            contents = {key: raw.dump(key) or b"" for key in raw.scan_iter()}
            _empty()
            for key, value in contents.items():
                raw.restore(key, 0, value)
        archive.restore(path)
        for user_id in erased:
            if user_id in model.players:
                model.erase(user_id)
        self.model = deepcopy(model)
        self.receipts = {session.id: self.receipts[session.id] for session in model.sessions if session.kind == "game"}
        self.heard.clear()
        self.restores += 1
        self._changed(at_once=False)


def _valkey() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL)
