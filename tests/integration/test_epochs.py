"""A seq of an epoch stands for one visible top, also where Valkey was restarted or somebody's hands were in it."""

from __future__ import annotations

import pytest

from scores import boards
from scores.models import Client, Player
from scores.ranking import keys
from scores.ranking.rebuilding import rebuild
from scores.reconciler import reconcile
from scores.valkey import valkey
from scores.verification import sweep
from tests import ranks
from tests.ledger import make_ranks, recorded, session


@pytest.fixture(autouse=True)
def _ranked(arena: Client, alice: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 10))
    reconcile()


def epoch() -> str | None:
    return ranks.meta("epoch")[0]


def test_an_epoch_lasts_while_valkey_does(arena: Client, alice: Player) -> None:
    before = epoch()

    recorded(session(arena, alice, 10))
    reconcile()

    assert epoch() == before


def test_in_a_new_run_of_valkey_a_new_epoch_begins_once(arena: Client, alice: Player) -> None:
    before, [seq] = epoch(), ranks.meta("seq")
    ranks.set_meta(run="another")  # as what is found by a Valkey that was restarted

    reconcile()

    after = epoch()
    assert after != before
    assert ranks.meta("seq") == [seq]
    assert ranks.are_those_of_the_ledger()
    reconcile()
    assert epoch() == after


def test_the_epoch_of_a_rebuild_is_of_this_run() -> None:
    rebuild(boards.current(boards.GLOBAL))
    rebuilt = epoch()

    reconcile()

    assert epoch() == rebuilt


def test_ranks_that_the_sweeper_has_repaired_begin_a_new_epoch(alice: Player) -> None:
    before = epoch()
    window = boards.current(boards.GLOBAL)
    [generation] = ranks.meta("generation")
    assert generation is not None
    valkey().commands([("ZADD", keys.ranks(window, generation), "-99", keys.member(alice.id))])

    sweep(patience_s=0)
    reconcile()

    assert epoch() != before
    assert ranks.are_those_of_the_ledger()
