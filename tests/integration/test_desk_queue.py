"""The queue of suspicious sessions, and the rules that fill it."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from scores import suspicion
from scores.models import AuditEntry, Board, Client, GameSession, Player, Standing, Suspicion, SuspicionRule
from scores.roles import Role
from tests.desk import QUEUE, RULES, SESSIONS, decide, logged_in, seen_at, select, staff, text_of
from tests.ledger import recorded, session

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def moderator(committed: None) -> Browser:
    return logged_in(staff("mona", Role.MODERATOR))


@pytest.fixture
def operator(committed: None) -> Browser:
    return logged_in(staff("olga", Role.OPERATOR))


def add_rule(threshold: int = 100, action: SuspicionRule.Action = SuspicionRule.Action.HOLD) -> SuspicionRule:
    rule = SuspicionRule.objects.create(board=Board.objects.get(), kind="score", threshold=threshold, action=action)
    suspicion.forget()
    return rule


@pytest.fixture
def suspicious(arena: Client, alice: Player) -> Suspicion:
    """A session of alice's that waits."""
    add_rule()
    recorded(session(arena, alice, 5000), session(arena, alice, 7))
    return Suspicion.objects.get()


# --- The queue ----------------------------------------------------------------------------------


def test_the_queue_shows_what_was_found(moderator: Browser, suspicious: Suspicion) -> None:
    page = text_of(moderator.get(QUEUE))

    assert f"session {suspicious.session_id}" in page
    assert "5,000" in page
    assert "100" in page
    assert "alice" in page
    assert "held since" in text_of(moderator.get(f"{SESSIONS}{suspicious.session_id}/change/"))


def test_a_held_session_is_let_pass(moderator: Browser, suspicious: Suspicion, alice: Player) -> None:
    assert Standing.objects.get(user=alice).total_score == 7

    assert "1 suspicion let pass." in text_of(decide(moderator, f"{QUEUE}{suspicious.pk}/", "pass", reason="A bonus."))

    assert Standing.objects.get(user=alice).total_score == 5007
    assert Suspicion.objects.get().verdict == "passed"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject_id, entry.player_id, entry.reason) == (
        "pass", suspicious.session_id, alice.pk, "A bonus.",
    )  # fmt: skip


def test_suspicions_are_rejected_as_selected(moderator: Browser, arena: Client, alice: Player, bob: Player) -> None:
    add_rule(action=SuspicionRule.Action.PASS)
    recorded(session(arena, alice, 500), session(arena, bob, 600))
    first, second = Suspicion.objects.order_by("id")
    decide(moderator, f"{QUEUE}{first.pk}/", "pass")

    forged = {"rows": f"{first.pk},{second.pk}", "reason": "Cheated."}
    page = text_of(moderator.post(f"{QUEUE}decide/reject/", forged, follow=True))

    assert "1 suspicion rejected." in page
    assert "It was decided already: let pass." in page
    assert Standing.objects.get(user=alice).total_score == 500
    assert Standing.objects.get(user=bob).total_score == 0
    assert GameSession.objects.get(user=bob).voided_at is not None


def test_decided_ones_leave_the_queue_and_are_found_again(moderator: Browser, suspicious: Suspicion) -> None:
    text_of(select(moderator, QUEUE, "reject", suspicious.pk))

    def listed(**query: str) -> bool:
        return f"session {suspicious.session_id}" in text_of(moderator.get(QUEUE, query))

    assert not listed()
    assert listed(verdict="decided")
    assert listed(verdict="all", held__exact="1", kind__exact="score")
    assert listed(verdict="all", player=str(suspicious.player_id))
    assert not listed(verdict="all", q="nobody")


def test_the_second_moderator_is_told_of_the_firsts_verdict(moderator: Browser, suspicious: Suspicion) -> None:
    mike = logged_in(staff("mike", Role.MODERATOR))
    page = f"{QUEUE}{suspicious.pk}/decide/reject/"
    seen = seen_at(text_of(mike.get(page)))
    decide(moderator, f"{QUEUE}{suspicious.pk}/", "pass")

    told = text_of(mike.post(page, {"reason": "x", "seen": seen}), 409)

    assert "It was decided already: let pass." in told
    assert GameSession.objects.exclude(voided_at=None).count() == 0


def test_the_history_of_a_suspicion_is_its_sessions(moderator: Browser, suspicious: Suspicion) -> None:
    decide(moderator, f"{QUEUE}{suspicious.pk}/", "pass", reason="A bonus.")

    assert "A bonus." in text_of(moderator.get(f"{QUEUE}{suspicious.pk}/history/", follow=True))
    assert moderator.get(f"{QUEUE}{10**12}/history/").status_code == 404


# --- Rules --------------------------------------------------------------------------------------


def test_an_operator_makes_changes_and_deletes_a_rule(operator: Browser, arena: Client, alice: Player) -> None:
    board = Board.objects.get()
    fields = {"board": str(board.pk), "kind": "score", "threshold": "100", "action": "hold"}

    text_of(operator.post(f"{RULES}add/", {**fields, "reason": "Scores end at 90."}, follow=True))
    rule = SuspicionRule.objects.get()
    recorded(session(arena, alice, 101))
    assert Suspicion.objects.count() == 1

    changed = {**fields, "threshold": "200", "reason": "A new level."}
    text_of(operator.post(f"{RULES}{rule.pk}/change/", changed, follow=True))
    recorded(session(arena, alice, 150))
    assert Suspicion.objects.count() == 1

    assert "1 suspicion rule deleted." in text_of(decide(operator, f"{RULES}{rule.pk}/", "delete", reason="Useless."))
    recorded(session(arena, alice, 900))
    assert Suspicion.objects.count() == 1

    trail = AuditEntry.objects.filter(subject_type="rule").order_by("id")
    assert [(entry.action, entry.reason) for entry in trail] == [
        ("create", "Scores end at 90."),
        ("edit", "A new level."),
        ("delete", "Useless."),
    ]
    assert trail[0].after == {"board": "global", "kind": "score", "threshold": 100, "action": "hold"}
    assert (trail[1].before, trail[1].after) == ({"threshold": 100}, {"threshold": 200})
    assert trail[2].before == {"board": "global", "kind": "score", "threshold": 200, "action": "hold"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"threshold": "0"}, "suspicion_rules_threshold"),
        ({"threshold": str(2**70)}, "less than or equal"),
        ({"reason": ""}, "This field is required."),
        ({"kind": "luck"}, "Select a valid choice"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(operator: Browser, changed: dict[str, str], told: str) -> None:
    fields = {"board": str(Board.objects.get().pk), "kind": "score", "threshold": "9", "action": "hold", "reason": "x"}

    assert told in text_of(operator.post(f"{RULES}add/", {**fields, **changed}))

    assert not SuspicionRule.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_second_rule_of_the_kind_is_refused(operator: Browser) -> None:
    rule = add_rule()
    fields = {"board": str(rule.board_id), "kind": "score", "threshold": "9", "action": "hold", "reason": "x"}

    assert re.search(r"already exists", text_of(operator.post(f"{RULES}add/", fields)))


def test_a_moderator_looks_at_rules_only(moderator: Browser) -> None:
    rule = add_rule()

    assert "100" in text_of(moderator.get(f"{RULES}{rule.pk}/change/"))
    assert moderator.post(f"{RULES}{rule.pk}/change/", {"threshold": "1"}).status_code == 403
    assert moderator.get(f"{RULES}add/").status_code == 403
    assert moderator.get(f"{RULES}{rule.pk}/decide/delete/").status_code == 403
