"""What happened on the push path of this process since it started: plain numbers for logs and tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Only ever counted up, each by the one event loop of the process."""

    #: Group messages folded, or held because they do not fit yet.
    steps: int = 0
    #: Reads of a board, by whatever cause.
    reads: int = 0
    #: Reads because a message was lost, late or not to be trusted.
    repairs: int = 0
    #: Frames encoded for all sockets of a board.
    ticks: int = 0
    #: Snapshots for single sockets.
    snapshots: int = 0
    #: Times that a socket did not drain in time for a frame.
    left_behind: int = 0
    #: Sockets dropped because they took nothing for too long.
    stuck: int = 0
