"""Named places of the road at which a test lets the process die, stand still, or leave a step out.

Nothing happens at them unless RANKCAST_FAILPOINTS arms them, as `write_after_commit=kill@0.02,publish=skip@0.3`:
the name, what happens there, and how probable it is each time (always, where nothing is said).
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from django.core.exceptions import ImproperlyConfigured

#: What is about to happen at each of them.
POINTS: Final = frozenset(
    {
        "before_commit",  # the statements of a batch go to PostgreSQL, with the commit behind them
        "write_after_commit",  # what was committed goes into Valkey at once; skipped: the reconciler alone does it
        "before_answer",  # a batch is stored and ranked; its receipts go back to those who wait
        "snapshot_part",  # a part of an archive is written to its file
        "restore_part",  # a part of an archive that was loaded is committed
        "restore_switch",  # everything that was loaded becomes visible
        "publish",  # a change of the visible top goes to the web processes
        "reconcile_read",  # changed rows were read from PostgreSQL; they go into Valkey
        "reconcile_advance",  # all changed rows but the last are in Valkey; these go there, and the watermark moves
        "rebuild_begun",  # the right to rebuild is taken; the standings are read
        "rebuild_chunk",  # some of the standings go into the new generation
        "rebuild_switch",  # all of them are in it; it becomes the live one
        "rebuild_switched",  # it is the live one; older generations are removed
        "sweep_repair",  # what differs for seconds is repaired
    }
)


class FailpointReached(Exception):
    """The action `fail`: an error that nobody foresaw."""


def _kill(name: str) -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return False


def _stop(name: str) -> bool:
    os.kill(os.getpid(), signal.SIGSTOP)  # goes on where SIGCONT comes
    return False


def _skip(name: str) -> bool:
    return True


def _fail(name: str) -> bool:
    raise FailpointReached(name)


_ACTIONS: Final[Mapping[str, Callable[[str], bool]]] = {"kill": _kill, "stop": _stop, "skip": _skip, "fail": _fail}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Armed:
    act: Callable[[str], bool]
    probability: float


_armed: dict[str, _Armed] = {}


def arm(text: str) -> None:
    """Arm the points that the text names, and no others.

    Raises:
        ImproperlyConfigured: it names a point or an action that does not exist, or no probability.
    """
    armed = dict(_read(part.strip()) for part in text.split(",") if part.strip())
    _armed.clear()
    _armed.update(armed)
    if armed:
        log.warning("failpoints are armed: this process fails on purpose", points=sorted(armed))


def reach(name: str) -> bool:
    """Come to the point `name`. True: what it stands before is to be left out.

    Raises:
        FailpointReached: the point is armed to fail.
    """
    if not _armed:
        return False
    armed = _armed.get(name)
    return armed is not None and random.random() < armed.probability and armed.act(name)  # noqa: S311  no secret


def _read(part: str) -> tuple[str, _Armed]:
    name, _, what = part.partition("=")
    action, _, probability = what.partition("@")
    try:
        armed = _Armed(_ACTIONS[action], float(probability or 1))
    except (KeyError, ValueError):
        raise ImproperlyConfigured(
            f"RANKCAST_FAILPOINTS holds {part!r}; it must be name=action@probability, with one of the actions"
            f" {', '.join(_ACTIONS)}."
        ) from None
    if name not in POINTS:
        raise ImproperlyConfigured(f"RANKCAST_FAILPOINTS names {name!r}; there are {', '.join(sorted(POINTS))}.")
    return name, armed
