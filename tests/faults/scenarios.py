"""Everything that is done to the product, and how soon after it all must be right again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from scores import failpoints
from tests.faults import large_faults as large
from tests.faults import postgresql_faults as postgresql
from tests.faults import process_faults as processes
from tests.faults import valkey_faults as valkey
from tests.faults.rig import Rig
from tests.faults.stage import Fault, NotHere

#: A web process died between COMMIT and Valkey: the reconciler comes each second.
_REPAIRED_S = 2.0
#: Valkey lost its tail.
_TAIL_S = 3.0
#: Ranks that are missing are built anew; nobody waits for more than a few thousand players here.
_REBUILT_S = 3.0
#: Whoever was killed while it rebuilt keeps the right to for so long; boards come from PostgreSQL meanwhile.
_LEASE_S = 10.0
#: A process of Python starts, on a machine that does other things as well.
_START_S = 3.0
#: PostgreSQL is back, and connections to it.
_BACK_S = postgresql.FIRST_OK_S
#: The sweeper looks twice, five seconds apart, and at one thing a second.
_SWEPT_S = 12.0
#: Unless it was told something, each page looks once a second whether it is behind.
_LOOKED_S = 2.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fault with its bound."""

    name: str
    fault: Fault
    bound_s: float
    #: Whether a process dies at a named point: then there are many cycles of it.
    is_crash: bool = False
    #: How often it is met in a quick campaign; 0: only in a full one.
    quick: int = 1
    #: Whether it happens at the write after the commit, so that it cannot where that is left out.
    needs_fast_path: bool = False
    #: Where it happens, if not on everybody's rig; such a fault is met once.
    rig: Callable[[], Rig] | None = None
    #: How often a crash is met in a full one, against the others.
    weight: int = 1


def crashes() -> list[Scenario]:
    """A process dies at a named point; those points only that this product has."""
    web = {"before_commit": 0.05, "write_after_commit": 0.05, "before_answer": 0.05, "publish": 0.1}
    back_s = _REPAIRED_S + _START_S
    found = [
        *(_crash(point, processes.web_dies(point, share), _REPAIRED_S, 1, 8) for point, share in web.items()),
        *(
            _crash(point, processes.worker_dies(point, 0.5), back_s, 1, 5)
            for point in ("reconcile_read", "reconcile_advance")
        ),
        *(
            _crash(point, processes.worker_dies(point, 1, rebuilding=True), _LEASE_S + _REBUILT_S + back_s, 0, 1)
            for point in ("rebuild_begun", "rebuild_chunk", "rebuild_switch")
        ),
        _crash(
            "rebuild_switched",
            processes.worker_dies("rebuild_switched", 1, rebuilding=True),
            _REBUILT_S + back_s,
            1,
            2,
        ),
        _crash("sweep_repair", processes.worker_dies("sweep_repair", 1, sweeping=True), _SWEPT_S + _START_S, 0, 1),
    ]
    return [each for each in found if each.name.removeprefix(_KILLED) in failpoints.POINTS]


_KILLED = "killed at "
#: Without the write after the commit the worker alone changes ranks, and publishes that.
_OF_THE_FAST_PATH = frozenset({"write_after_commit", "publish"})


def _crash(point: str, fault: Fault, bound_s: float, quick: int, weight: int) -> Scenario:
    return Scenario(
        f"{_KILLED}{point}",
        fault,
        bound_s,
        is_crash=True,
        quick=quick,
        weight=weight,
        needs_fast_path=point in _OF_THE_FAST_PATH,
    )


FAULTS = (
    Scenario("all web processes killed", processes.all_webs_die, _REPAIRED_S),
    Scenario("everything of ours killed", processes.killed_by_name, _REPAIRED_S + _START_S, quick=0),
    Scenario("web processes told to stop", processes.web_is_told_to_stop, _REPAIRED_S),
    Scenario("projector wakes late", processes.projector_wakes_late, _REPAIRED_S, needs_fast_path=True),
    Scenario("two workers, two rebuilds", processes.two_of_each, _REBUILT_S),
    Scenario("rebuild command killed half way", processes.rebuild_dies("rebuild_chunk"), _REBUILT_S, quick=0),
    Scenario("30 % of publishes lost", processes.publishes_are_lost, _LOOKED_S),
    Scenario("edited by hand", processes.hand_edit, _SWEPT_S + _START_S, quick=0),
    Scenario("clock an hour ahead", processes.clock_jumps(1), _REPAIRED_S, quick=0),
    Scenario("clock an hour behind", processes.clock_jumps(-1), _REPAIRED_S, quick=0),
    Scenario("answers of COMMIT lost", postgresql.answers_of_commit_are_lost, _REPAIRED_S),
    Scenario("PostgreSQL connections ended", postgresql.connections_are_ended, _BACK_S),
    Scenario("PostgreSQL backend killed", postgresql.one_backend_is_killed, _BACK_S),
    Scenario("PostgreSQL killed", postgresql.postgresql_is_killed, _BACK_S),
    Scenario("PostgreSQL stopped at once", postgresql.postgresql_stops_at_once, _BACK_S, quick=0),
    Scenario("PostgreSQL away for 4 s", postgresql.postgresql_is_away(4), _BACK_S),
    Scenario("PostgreSQL away for 20 s", postgresql.postgresql_is_away(20), _BACK_S, quick=0),
    Scenario("PostgreSQL silent", postgresql.postgresql_says_nothing, _BACK_S),
    Scenario("PostgreSQL out of reach", postgresql.postgresql_cannot_be_reached, _BACK_S),
    Scenario("PostgreSQL slow", postgresql.postgresql_is_slow, _REPAIRED_S),
    Scenario("row locked for long", postgresql.a_row_is_held, _REPAIRED_S),
    Scenario("writer stays open", postgresql.a_writer_stays_open, _REPAIRED_S),
    Scenario("everybody plays the same four", postgresql.everybody_plays_the_same, _REPAIRED_S),
    Scenario("PostgreSQL back in its past", postgresql.postgresql_goes_back, _REBUILT_S + _BACK_S),
    Scenario("Valkey killed", valkey.valkey_is_killed, _TAIL_S),
    Scenario("Valkey loses its tail", valkey.valkey_loses_its_tail(0.5), _TAIL_S),
    Scenario("Valkey loses its last words", valkey.valkey_loses_its_last_words, _TAIL_S),
    Scenario("Valkey loses nearly all", valkey.valkey_loses_its_tail(0.99), _TAIL_S, quick=0),
    Scenario("Valkey starts from a copy", valkey.valkey_starts_from_a_copy, _TAIL_S),
    Scenario("Valkey emptied", valkey.valkey_is_emptied, _REBUILT_S),
    Scenario("Valkey starts empty", valkey.valkey_starts_empty, _REBUILT_S, quick=0),
    Scenario("lagging replica promoted", valkey.a_replica_takes_over, _TAIL_S),
    Scenario("Valkey full", valkey.valkey_is_full, _TAIL_S),
    Scenario("Valkey takes no writes", valkey.valkey_takes_no_writes, _TAIL_S, quick=0),
    Scenario("Valkey forgets its scripts", valkey.valkey_forgets_its_scripts, _REPAIRED_S, quick=0),
    Scenario("Valkey silent", valkey.valkey_says_nothing, _TAIL_S),
    Scenario("Valkey slow", valkey.valkey_is_slow, _TAIL_S, quick=0),
)


def _small_disk() -> Rig:
    if os.geteuid() != 0:
        raise NotHere("only root may mount a small disk")
    return Rig(disk_mib=_DISK_MIB)


#: PostgreSQL and Valkey begin with some 80 MiB, and PostgreSQL's log takes 16 MiB at a time.
_DISK_MIB = 200

#: Each on a rig of its own, and once.
LARGE = (
    Scenario("archive taken and restored, killed on the way", large.archive_is_taken_and_restored, 2.0, rig=Rig),
    Scenario("disk full", large.disk_is_full, 30.0, rig=_small_disk),
    Scenario("Valkey emptied, 100,000 players", large.emptied_among_many, 15.0, rig=lambda: Rig(players=100_000)),
    Scenario("Valkey emptied, 1,000,000 players", large.emptied_among_many, 60.0, rig=lambda: Rig(players=1_000_000)),
)
