"""A worker that dies, wherever it dies, leaves nothing wrong and nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from scores import boards
from scores.models import Client, Player, Standing
from scores.ranking import keys
from scores.reconciler import keep_house, reconcile
from scores.valkey import valkey
from tests import ranks
from tests.ledger import make_ranks, recorded, session

_MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
_RECONCILE = "from scores.reconciler import reconcile; reconcile()"


def killed_at(point: str) -> None:
    """Another process reconciles, and dies there."""
    ours = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    known = os.environ | {"DATABASE_URL": ours.geturl(), "RANKCAST_FAILPOINTS": f"{point}=kill"}
    command = [sys.executable, str(_MANAGE), "shell", "--no-imports", "-c", _RECONCILE]
    died = subprocess.run(command, env=known, capture_output=True, text=True, check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr


def all_is_well_again() -> bool:
    """Whether the next worker makes the ranks right, and leaves those of one generation."""
    if "building_until" in valkey().commands([("HKEYS", keys.meta(boards.current(boards.GLOBAL)))])[0]:
        ranks.set_meta(building_until="0")  # as ten seconds later
    reconcile()
    keep_house()
    (generation,) = ranks.meta("generation")
    prefix = f"{keys.tag(boards.current(boards.GLOBAL))}:"
    left = {key.removeprefix(prefix) for found in valkey().keys_matching(keys.beginning_with(prefix)) for key in found}
    return ranks.are_those_of_the_ledger() and left == {"meta", f"{generation}:ranks", f"{generation}:revs:0"}


@pytest.mark.usefixtures("either_road")
@pytest.mark.parametrize("point", ["reconcile_read", "reconcile_advance"])
def test_a_worker_that_dies_while_it_reconciles_leaves_nothing_wrong(
    arena: Client, alice: Player, bob: Player, point: str
) -> None:
    make_ranks()
    recorded(session(arena, alice, 10), session(arena, bob, 20), session(arena, "dora", 30, may_create_player=True))
    Standing.objects.filter(user=alice).update(total_score=40, sort_key=-40)

    killed_at(point)

    assert all_is_well_again()


@pytest.mark.parametrize("point", ["rebuild_begun", "rebuild_chunk", "rebuild_switch", "rebuild_switched"])
def test_a_worker_that_dies_while_it_rebuilds_leaves_nothing_wrong(arena: Client, alice: Player, point: str) -> None:
    make_ranks()
    recorded(session(arena, alice, 10))
    ranks.set_meta(identity="another")

    killed_at(point)
    recorded(session(arena, alice, 5))

    assert all_is_well_again()
