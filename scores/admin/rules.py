"""The rules by which sessions are suspicious: kept by operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from typing_extensions import override

from scores import audit, suspicion
from scores.admin.audited import ReasonForm
from scores.admin.deciding import DecidingAdmin
from scores.admin.decision import Decision
from scores.models import Board, SuspicionRule

_HELP = {
    "board": "The rule looks at sessions that count on this board.",
    "kind": "A board has at most one rule of each kind. A minute ends with the session that is looked at.",
    "threshold": "What lies above is suspicious. Choose what no honest player reaches: each finding takes your time.",
    "action": "Hold keeps a suspicious session off the board until somebody lets it pass: right where cheating hurts at"
    " once. Let pass shows it and asks later: right where most findings turn out honest.",
}


class RuleForm(ReasonForm):
    """A rule, and why."""

    board = forms.ModelChoiceField(queryset=Board.objects.order_by("slug"))

    class Meta:
        model = SuspicionRule
        fields = ("board", "kind", "threshold", "action")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name, text in _HELP.items():
            if name in self.fields:  # none are where the reader may only look
                self.fields[name].help_text = text


class Delete(Decision[SuspicionRule]):
    """Takes a rule away."""

    name, label, done = "delete", "Delete", "deleted"
    permission = "scores.delete_suspicionrule"
    consequence = "Sessions are not measured by this rule any more. What it found already stays in the queue."
    public = False
    grave = True

    @override
    def obstacle(self, row: SuspicionRule, by: int) -> str:
        return ""

    @override
    def decide(self, rows: Sequence[SuspicionRule], answers: Mapping[str, Any], *, by: int) -> int:
        with transaction.atomic():
            for rule in rows:
                audit.write([_deleted(rule)], by=by, reason=answers["reason"])
                SuspicionRule.objects.filter(pk=rule.pk).delete()
            transaction.on_commit(suspicion.forget)
        return len(rows)


@admin.register(SuspicionRule)
class SuspicionRuleAdmin(DecidingAdmin):
    """Rules. Other processes know a new one within a second."""

    subject = audit.Subject.RULE
    told = frozenset({"board", "kind", "threshold", "action"})
    form = RuleForm
    decisions = (Delete(),)
    fields = ("board", "kind", "threshold", "action")
    list_display = ("board", "kind", "bound", "action")
    list_display_links = ("board", "kind")
    list_select_related = ("board",)
    ordering = ("board__slug", "kind")
    actions = None

    @override
    def state_of(self, row: SuspicionRule) -> str:
        return f"{row.get_kind_display()} above {row.threshold:,} on {row.board}: {row.get_action_display()}"

    @admin.display(description="threshold")
    def bound(self, rule: SuspicionRule) -> str:
        """What lies above is suspicious."""
        return f"{rule.threshold:,}"

    @override
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(suspicion.forget)


def _deleted(rule: SuspicionRule) -> audit.Decided:
    before = {"board": str(rule.board), "kind": rule.kind, "threshold": rule.threshold, "action": rule.action}
    return audit.Decided(action=audit.Action.DELETE, subject=audit.Subject.RULE, subject_id=rule.pk, before=before)
