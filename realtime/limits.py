"""Every number of the push path: what one socket may ask for, and how often anything is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers of the push path; `REALTIME` in the settings overrides them by name."""

    frame_bytes: int = 4096
    #: A token bucket: `operations` at once, and as many again in every `operations_s` seconds.
    operations: int = 20
    operations_s: float = 10.0
    boards_per_socket: int = 16
    #: Frames that cannot be read before the socket is closed: more is a broken or a hostile program.
    bad_frames: int = 10

    #: Ten frames a second are as many as an eye can follow, and bound what a storm of submits costs.
    tick_s: float = 0.1
    beat_s: float = 10.0
    #: A step may overtake the one before it (two processes publish): wait this long before reading the ranks.
    overtaking_s: float = 0.05
    #: How often the watcher compares versions, and how often PostgreSQL may be read while the ranks are away.
    watch_s: float = 1.0
    #: How long a board without sockets stays in memory: longer than a page takes to reload.
    linger_s: float = 60.0
    #: No progress of a blocked send for so long: the reader is stuck.
    stuck_s: float = 30.0
    #: How long a socket that is told to go may take to read the last frame, before it is dropped.
    farewell_s: float = 5.0
    #: How long all sockets together may take to leave at shutdown.
    drain_s: float = 5.0
    #: What a game server may have under way on one socket, and all of them in this process together: less than
    #: the group commit's queue holds, so that sockets wait where requests would be turned away.
    submit_frames: int = 16
    submit_sessions: int = 4000
    submit_sessions_of_all: int = 8000
    #: Game servers' sockets of one process; each may have a frame of 1 MiB in hand.
    submit_sockets: int = 256
    #: How often the key of a silent game server is looked at.
    key_check_s: float = 0.25

    #: A command to Valkey's pub/sub that takes longer has failed.
    layer_s: float = 2.0


def current() -> Limits:
    """The limits as the settings have them.

    Raises:
        TypeError: `REALTIME` names something unknown (the system check says so more kindly).
    """
    overrides: dict[str, Any] = getattr(settings, "REALTIME", {})
    return Limits(**overrides)
