"""What moderators and operators decide about players."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse
from typing_extensions import override

from scores import data_rights, ledger
from scores.admin.decision import Decision
from scores.admin.player_forms import AdjustForm, BanForm, EraseForm, RenameForm
from scores.admin.times import moment
from scores.models import Player

_MOST: int = 100  # each passes the gate alone: a hundred are a second, and nobody means more
_STAFF = "This is an account of staff, about whom nobody decides here: a superuser takes their access first."


class _AboutPlayer(Decision[Player]):
    """Staff, least of all oneself, and the erased are not decided about."""

    @override
    def obstacle(self, row: Player, by: int) -> str:
        if row.is_staff or row.is_superuser:
            return _STAFF
        return "The player is erased." if row.state == Player.State.ERASED else self.already(row)

    def already(self, player: Player) -> str:
        """Why there is nothing to decide, in a sentence; empty where there is."""
        return ""


class Ban(_AboutPlayer):
    """Hides the player."""

    name, label, done = "ban", "Ban", "banned"
    permission = "scores.ban_player"
    consequence = (
        "The player and their rows disappear from every board and from the search at once; what they go on to play is"
        " recorded, hidden. The player is told the reason. An unban brings everything back."
    )
    form = BanForm
    most = _MOST

    @override
    def already(self, player: Player) -> str:
        return f"The player is banned already{_end_of_ban(player)}." if player.banned else ""

    @override
    def decide(self, rows: Sequence[Player], answers: Mapping[str, Any], *, by: int) -> int:
        ends, reason = answers["until"], answers["reason"]
        return sum(ledger.ban(user_id=player.pk, by=by, reason=reason, until=ends) for player in rows)


class ChangeBan(Ban):
    """Gives a ban another end, or another reason."""

    name, label, done = "change-ban", "Change the ban", "banned anew"
    consequence = "The new end and the new reason replace those that the ban has now."
    most = 1

    @override
    def already(self, player: Player) -> str:
        return "" if player.banned else "The player is not banned any more."

    @override
    def initial(self, row: Player) -> dict[str, Any]:
        return {"term": "until" if row.banned_until else "ever", "until": row.banned_until, "reason": row.ban_reason}


class Unban(_AboutPlayer):
    """Shows the player again."""

    name, label, done = "unban", "Unban", "unbanned"
    permission = "scores.ban_player"
    consequence = "The player is back on every board at once, with everything that was recorded meanwhile."
    most = _MOST

    @override
    def obstacle(self, row: Player, by: int) -> str:
        # Somebody who was banned before they became staff is let out here too.
        return self.already(row) if row.is_staff and row.pk != by else super().obstacle(row, by)

    @override
    def already(self, player: Player) -> str:
        return "" if player.banned else "The player is not banned."

    @override
    def decide(self, rows: Sequence[Player], answers: Mapping[str, Any], *, by: int) -> int:
        return sum(ledger.unban(user_id=player.pk, by=by, reason=answers["reason"]) for player in rows)


class Rename(_AboutPlayer):
    """Gives the player another name."""

    name, label, done = "rename", "Rename", "renamed"
    permission = "scores.rename_player"
    consequence = (
        "Every board and every open page shows the new name at once. The old one is free again, and kept here."
    )
    form = RenameForm

    @override
    def initial(self, row: Player) -> dict[str, Any]:
        return {"username": row.username}

    @override
    def decide(self, rows: Sequence[Player], answers: Mapping[str, Any], *, by: int) -> int:
        name, reason = answers["username"], answers["reason"]
        return sum(ledger.rename(user_id=player.pk, username=name, by=by, reason=reason) for player in rows)


class Adjust(_AboutPlayer):
    """Gives or takes points."""

    name, label, done = "adjust", "Adjust the score", "adjusted"
    permission = "scores.adjust_player"
    consequence = (
        "The points count at once on every board that is open now. They are a session of their own, which can be voided"
        " like any other."
    )
    form = AdjustForm

    @override
    def decide(self, rows: Sequence[Player], answers: Mapping[str, Any], *, by: int) -> int:
        for player in rows:
            ledger.adjust(user_id=player.pk, points=answers["points"], by=by, reason=answers["reason"])
        return len(rows)


class Export(_AboutPlayer):
    """Gives a copy of all that is kept about the player."""

    name, label, done = "export", "Export data", "exported"
    permission = "scores.export_player"
    public = False
    consequence = "You download one JSON file with all that is kept about the player."

    @override
    def decide(self, rows: Sequence[Player], answers: Mapping[str, Any], *, by: int) -> int:
        for player in rows:
            data_rights.write_down_export(user_id=player.pk, by=by, reason=answers["reason"])
        return len(rows)

    @override
    def answer(self, request: HttpRequest, row: Player) -> HttpResponseBase:
        response = StreamingHttpResponse(data_rights.export(row.pk), content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="player-{row.pk}.json"'
        response["Cache-Control"] = "no-store"
        return response


class Erase(_AboutPlayer):
    """Forgets who the player was."""

    name, label, done = "erase", "Erase", "erased"
    permission = "scores.erase_player"
    consequence = (
        "This cannot be undone. The name and everything that identifies the player go, and their rows leave every board"
        " for good; the sessions stay, nobody's any more."
    )
    form = EraseForm
    grave = True

    @override
    def decide(self, rows: Sequence[Player], answers: Mapping[str, Any], *, by: int) -> int:
        with transaction.atomic():
            for player in rows:
                data_rights.erase(user_id=player.pk, by=by, reason=answers["reason"])
        return len(rows)


def _end_of_ban(player: Player) -> str:
    return f" until {moment(player.banned_until)}" if player.banned_until else ""
