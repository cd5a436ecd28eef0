"""Gives a player another name, on every open page too."""

from __future__ import annotations

from scores import audit, names
from scores.changes import NameChange
from scores.errors import Refused
from scores.ledger.decisions.deciding import Decision, deciding, player_to_decide_about
from scores.models import FormerName, Player


def rename(*, user_id: int, username: str, by: int | None, reason: str) -> bool:
    """Let the player be called `username`. False: they are called that already.

    Raises:
        InvalidName: no player may be called that.
        Refused: `unknown_player`, `staff`, `name_taken`, `reason_missing`.
        django.db.OperationalError: see `deciding`.
    """
    wanted = names.normalise(username)
    with deciding(by=by, reason=reason) as decision:
        player = player_to_decide_about(user_id)
        if player.username == wanted:
            return False
        # The gate keeps out sessions that make players, and the unique index the rest.
        if Player.objects.filter(username=wanted).exists():
            raise Refused("name_taken", f"Another player is called {wanted!r}.")
        set_name(decision, player, wanted)
        # New revs make the boards that show the player show the new name: see project.lua.
        decision.change_standings("touch_standings", user_id=user_id)
        [entry] = decision.write_down(
            audit.Decided(
                action=audit.Action.RENAME,
                subject=audit.Subject.PLAYER,
                subject_id=user_id,
                player_id=user_id,
            )
        )
        FormerName.objects.create(entry=entry, player=player, before=player.username, after=wanted)
    return True


def set_name(decision: Decision, player: Player, username: str) -> None:
    """Write the name, to be told after the commit."""
    Player.objects.filter(pk=player.pk).update(username=username)
    rev = Player.objects.values_list("rev", flat=True).get(pk=player.pk)  # drawn by the trigger
    decision.names.append(NameChange(player.pk, username, rev))
