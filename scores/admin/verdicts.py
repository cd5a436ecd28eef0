"""What moderators decide about suspicious sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from typing_extensions import override

from scores import ledger
from scores.admin.alone import alone
from scores.admin.decision import Decision
from scores.admin.session_decisions import OWN
from scores.models import Suspicion


class _Verdict(Decision[Suspicion]):
    """Ends suspicions."""

    permission = "scores.decide_suspicion"
    most = ledger.MOST_SESSIONS
    together = True
    verdict: ClassVar[Suspicion.Verdict]

    @override
    def obstacle(self, row: Suspicion, by: int) -> str:
        if row.verdict != Suspicion.Verdict.OPEN:
            return f"It was decided already: {row.get_verdict_display()}."
        return OWN if row.player_id == by else ""

    @override
    def decide(self, rows: Sequence[Suspicion], answers: Mapping[str, Any], *, by: int) -> int:
        with alone():
            chosen = Suspicion.objects.filter(pk__in=[row.pk for row in rows], verdict=Suspicion.Verdict.OPEN)
            ids = list(chosen.values_list("pk", flat=True))
            ledger.decide(suspicion_ids=ids, verdict=self.verdict, by=by, reason=answers["reason"])
        return len(ids)


class LetPass(_Verdict):
    """Lets sessions count."""

    name, label, done = "pass", "Let pass", "let pass"
    consequence = "Held sessions count at once; others go on counting. All suspicions of a session end together."
    verdict = Suspicion.Verdict.PASSED


class Reject(_Verdict):
    """Voids sessions."""

    name, label, done = "reject", "Reject", "rejected"
    consequence = "The sessions are void at once: they count on no board. All suspicions of a session end together."
    verdict = Suspicion.Verdict.REJECTED
