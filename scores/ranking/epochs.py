"""An epoch lasts as long as the history of a window's ranks is whole: a seq of it stands for one top, ever."""

from __future__ import annotations

import secrets

from scores.boards import WindowRef
from scores.ranking import keys, scripts
from scores.valkey import ScriptCall, valkey


def renew(window: WindowRef) -> bool:
    """Begin a new epoch where Valkey was restarted, or its history is in doubt; whether one was begun.

    A Valkey that lost its last changes draws their seqs again, maybe for other tops. Whoever watched
    could not tell by them that something else is shown now.

    Raises:
        RanksUnavailable: Valkey does not answer.
    """
    [renewed] = valkey().run([ScriptCall(scripts.RENEW_EPOCH, keys.meta(window), [secrets.token_hex(4)])])
    return bool(renewed)


def doubt(window: WindowRef) -> None:
    """Have a new epoch begun by the next reconciler: what somebody changed past the scripts drew no seq.

    Raises:
        RanksUnavailable: Valkey does not answer.
    """
    valkey().commands([("HDEL", keys.meta(window), "run")])
