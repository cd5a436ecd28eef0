"""The numbers of PostgreSQL's advisory locks: arbitrary, the same in every process, and no two alike."""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class AdvisoryLock(IntEnum):
    """What each of them is for."""

    GATE = 7_265_841  # batches pass it together, decisions alone
    RESTORE = 7_265_842  # one at a time goes into a system
    SNAPSHOT = 7_265_843  # one worker takes the scheduled archive
    SWEEP = 7_265_844  # one worker compares what Valkey has with PostgreSQL
