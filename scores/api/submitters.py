"""Who submits: a game server for any player, or a player for themselves."""

from __future__ import annotations

from msgspec import Struct

from scores.accounts import throttle
from scores.accounts.bearers import Bearer
from scores.accounts.limits import current
from scores.api.codes import Code
from scores.api.errors import ApiError
from scores.ledger.clients import client_of_player
from scores.models import ApiKey


class Submitter(Struct, frozen=True, gc=False):
    """Whose idempotency keys count, and for whom.

    Attributes:
        client_id: the owner of the idempotency keys.
        may_create_players: whether an unknown name becomes a player.
        player_id: the one player for whom it submits; None: any.
    """

    client_id: int
    may_create_players: bool = False
    player_id: int | None = None


def submitter_of(auth: ApiKey | Bearer, *, sessions: int = 1) -> Submitter:
    """Who submits so many sessions with a key or a token that `check_may_submit` has let through.

    Raises:
        ApiError: `batch_size_out_of_range` for a player whose batch could never be taken.
        Throttled: a player submits more than anybody plays. Game servers are not counted.
        django.db.OperationalError: PostgreSQL does not answer.
    """
    if isinstance(auth, ApiKey):
        return Submitter(auth.client_id, may_create_players=ApiKey.Scope.CREATE_PLAYERS in auth.scopes)
    most = current().submit_by_player.burst
    if sessions > most:
        raise ApiError(
            Code.BATCH_SIZE_OUT_OF_RANGE, f"A batch of a player holds 1 to {most} sessions.", fields=["sessions"]
        )
    throttle.submit(auth.player.pk, sessions)
    return Submitter(auth.client_id or client_of_player(auth.player.pk), player_id=auth.player.pk)
