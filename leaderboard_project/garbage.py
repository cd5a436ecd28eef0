"""The cyclic garbage collector, told what need not be looked at again."""

from __future__ import annotations

import gc

#: Collections of the young, the middle and the old containers: after so many new ones, after so many of
#: the youngest, after so many of the middle. Python's own 700, 10, 10 look at each socket of a rush four
#: times and more, and the middle pass over a hundred thousand containers is a pause that a board's sockets feel.
_THRESHOLDS = (10_000, 1, 50)


def settle() -> None:
    """Leave all that was loaded out of every collection from now on; called once, when a process may serve.

    The modules, models and routes of this program are some hundred thousand containers that live as
    long as the process, and each full collection stopped it for the time that it takes to visit them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
