"""Usernames beside the ranks, so that a page, a connect or a push needs no PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import msgspec

from scores.changes import NameChange
from scores.models import Player
from scores.ranking import keys, scripts
from scores.valkey import ScriptCall, valkey

_reading = threading.Lock()


def remember_calls(changes: Iterable[NameChange]) -> list[ScriptCall]:
    """The script calls that keep these names, one per bucket of players; older revs are ignored there."""
    buckets: dict[int, list[str]] = {}
    for change in changes:
        bucket, field = divmod(change.user_id, keys.BUCKET)
        buckets.setdefault(bucket, []).extend((str(field), keys.name_text(change.rev, change.username)))
    return [remember_call(bucket, names) for bucket, names in buckets.items()]


def remember_call(bucket: int, names: Sequence[str]) -> ScriptCall:
    """The script call that keeps names of one bucket, a flat list: field, name as `keys.name_text` writes it."""
    return ScriptCall(scripts.REMEMBER_NAMES, keys.names(bucket), [msgspec.msgpack.encode(names)])


def forget_everybody() -> None:
    """Let Valkey know no name; whoever asks for one that is missing gets it from PostgreSQL.

    A name is replaced by newer ones only. Where PostgreSQL was put back into its past, names of the future
    that it lost are newer than any of its own for a while, and would stay.

    Raises:
        RanksUnavailable: Valkey does not answer; some names may be left.
    """
    for found in valkey().keys_matching(keys.beginning_with(keys.names(""))):
        valkey().commands([("UNLINK", *found)])


def usernames(user_ids: Sequence[int]) -> dict[int, str]:
    """The usernames of players, from Valkey; those that it lacks are read from PostgreSQL once and kept.

    Raises:
        RanksUnavailable: Valkey does not answer.
        django.db.Error: a name is missing and PostgreSQL does not answer.
    """
    wanted = list(dict.fromkeys(user_ids))
    found = known(wanted)
    missing = [user_id for user_id in wanted if user_id not in found]
    if not missing:
        return found
    with _reading:  # of many readers that miss the same name, one asks PostgreSQL
        found |= known(missing)
        missing = [user_id for user_id in missing if user_id not in found]
        rows = Player.objects.filter(pk__in=missing).values_list("id", "username", "rev") if missing else []
        changes = [NameChange(*row) for row in rows]
        if changes:
            valkey().run(remember_calls(changes))
    return found | {change.user_id: change.username for change in changes}


def known(user_ids: Sequence[int]) -> dict[int, str]:
    """The usernames that Valkey knows; PostgreSQL is not asked.

    Raises:
        RanksUnavailable: Valkey does not answer.
    """
    if not user_ids:
        return {}
    places = [divmod(user_id, keys.BUCKET) for user_id in user_ids]
    answers = valkey().commands([("HGET", keys.names(bucket), field) for bucket, field in places])
    return {
        user_id: keys.username(answer) for user_id, answer in zip(user_ids, answers, strict=True) if answer is not None
    }
