"""What runs beside the web processes: the reconciler and the ends of bans each second, partitions, archives, sweeps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from django.db import Error, connection

from scores import accounts, ledger, partitions
from scores.archive import schedule
from scores.errors import RanksUnavailable
from scores.incidents import Incidents
from scores.reconciler import keep_house, reconcile
from scores.valkey import eviction_policy
from scores.verification import sweeper

_TICK_S = 1.0
_AWAY_S = 0.2  # while a server is away: boards are behind until the first turn after it is back
_HOUSEKEEPING_S = 3600.0
_RETRY_S = 60.0

log = structlog.get_logger(__name__)


def work(stop: threading.Event, pulse: Callable[[], object]) -> None:
    """Keep the ranks and partitions in order until `stop` is set. Outlives every outage of its servers.

    `pulse` is called at each turn, also where the servers were away: it stops only if the worker hangs.
    """
    housekeeping_at = float("-inf")
    away = False
    incidents = Incidents()
    archives = schedule.keep(stop)
    sweeps = sweeper.start(stop)
    while not stop.is_set():
        began = time.monotonic()
        try:
            reconcile()
            ledger.end_bans()
            incidents.look()
            away = False
        except (Error, RanksUnavailable) as error:
            connection.close()  # a broken connection goes; the next tick takes a fresh one
            if not away:
                log.warning("the worker waits for its servers", error=str(error).strip())
            away = True
        if not away and began >= housekeeping_at:
            housekeeping_at = began + (_HOUSEKEEPING_S if _keep_house() else _RETRY_S)
        pulse()
        stop.wait(max(0.0, (_AWAY_S if away else _TICK_S) - (time.monotonic() - began)))
    connection.close()
    archives.join()
    sweeps.join()


def _keep_house() -> bool:
    """What is done now and then, and must never hold up the ranks. False: it failed, and is tried again sooner."""
    try:
        for name in partitions.ensure(connection):
            log.info("made a partition", partition=name)
        if ended := accounts.expire():
            log.info("deleted logins that had ended", logins=ended)
        keep_house()
        if reason := refuse_eviction():
            log.error(reason)
    except (Error, RanksUnavailable) as error:
        connection.close()
        log.error("housekeeping failed and is tried again", error=str(error).strip())  # noqa: TRY400  it says it all
        return False
    return True


def refuse_eviction() -> str | None:
    """Why this Valkey must not be used, or None. An evicted key would silently take players off the boards."""
    policy = eviction_policy()
    if policy == "noeviction":
        return None
    return f"Valkey's maxmemory-policy is {policy!r}; set it to 'noeviction', or ranks vanish when memory runs out."
