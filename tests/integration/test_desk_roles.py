"""Who may do what at the desk, address by address: a new address without an expectation fails here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver

from scores import api_keys
from scores.models import ApiKey, AuditEntry, Board, Client, Player, Suspicion, SuspicionRule
from scores.roles import PERMISSIONS, Role, keep_right
from tests.desk import KEYS, PLAYERS, QUEUE, RULES, SESSIONS, logged_in, staff
from tests.ledger import recorded, session

pytestmark = pytest.mark.usefixtures("committed")

LOGIN: Final = 302  # to the page that asks who one is
PEOPLE: Final = ("anonymous", "player", "newcomer", "viewer", "moderator", "operator", "superuser")

#: What GET and POST (of nothing) answer at each address, from the newcomer (staff without a role) to the superuser;
#: whoever is no staff is sent to the login everywhere but where `OPEN` says otherwise.
NOBODY: Final = (403, 403, 403, 403, 403)
LOOKERS: Final = (403, 200, 200, 200, 200)
MODERATORS: Final = (403, 403, 200, 200, 200)
OPERATORS: Final = (403, 403, 403, 200, 200)
SUPERUSERS: Final = (403, 403, 403, 403, 200)
ALL: Final = (200, 200, 200, 200, 200)
NO_GET: Final = (405, 405, 405, 405, 405)
NO_POST: Final = NO_GET


def _to_history() -> tuple[tuple[int, ...], tuple[int, ...]]:
    return (403, 302, 302, 302, 302), (403, 302, 302, 302, 302)


def _looked_at() -> tuple[tuple[int, ...], tuple[int, ...]]:
    return LOOKERS, NOBODY


def _listed() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A list answers a POST of nothing as it does a GET."""
    return LOOKERS, LOOKERS


#: A POST of nothing to a decision about several rows, for those who may: no rows, a bad request.
_MODERATED: Final = (403, 403, 400, 400, 400)
_OPERATED: Final = (403, 403, 403, 400, 400)

EXPECTED: Final[dict[str, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "index": (ALL, ALL),
    "jsi18n": (ALL, NO_POST),
    "autocomplete": (NOBODY, NO_POST),  # no list of ours has one
    "app_list": ((404, 200, 200, 200, 200), (404, 200, 200, 200, 200)),
    "view_on_site": ((404,) * 5, (404,) * 5),  # no row of ours has an address of its own
    "password_change": (ALL, ALL),
    "password_change_done": (ALL, NO_POST),
    "the rest": ((404,) * 5, (404,) * 5),
    "a row's old address": ((302,) * 5, (302,) * 5),  # without `change/`, to which it leads
    "auth_user_password_change": (SUPERUSERS, SUPERUSERS),
    **{
        f"scores_{table}_changelist": _listed()
        for table in ("player", "gamesession", "suspicion", "suspicionrule", "board", "apikey", "auditentry")
    },
    **{
        f"scores_{table}_history": _to_history()
        for table in ("player", "gamesession", "suspicion", "suspicionrule", "board", "apikey", "auditentry")
    },
    **{
        f"scores_{table}_delete": (NOBODY, NOBODY)
        for table in ("player", "gamesession", "suspicion", "suspicionrule", "board", "apikey", "auditentry")
    },
    **{f"scores_{table}_add": (NOBODY, NOBODY) for table in ("gamesession", "suspicion", "board", "auditentry")},
    "scores_player_add": (SUPERUSERS, SUPERUSERS),
    "scores_apikey_add": (OPERATORS, OPERATORS),
    "scores_suspicionrule_add": (OPERATORS, OPERATORS),
    "scores_player_change": (LOOKERS, SUPERUSERS),
    **{f"scores_{table}_change": _looked_at() for table in ("gamesession", "suspicion", "apikey", "auditentry")},
    **{f"scores_{table}_change": (LOOKERS, OPERATORS) for table in ("board", "suspicionrule")},
    **{
        f"scores_player_decide {decision}": (MODERATORS, MODERATORS)
        for decision in ("ban", "change-ban", "unban", "rename", "adjust")
    },
    **{f"scores_player_decide {decision}": (OPERATORS, OPERATORS) for decision in ("export", "erase")},
    **{f"scores_gamesession_decide {decision}": (MODERATORS, MODERATORS) for decision in ("void", "unvoid")},
    **{f"scores_suspicion_decide {decision}": (MODERATORS, MODERATORS) for decision in ("pass", "reject")},
    "scores_suspicionrule_decide delete": (OPERATORS, OPERATORS),
    "scores_apikey_decide revoke": (OPERATORS, OPERATORS),
    **{f"scores_player_decide_selected {decision}": (NO_GET, _MODERATED) for decision in ("ban", "unban")},
    **{f"scores_gamesession_decide_selected {decision}": (NO_GET, _MODERATED) for decision in ("void", "unvoid")},
    **{f"scores_suspicion_decide_selected {decision}": (NO_GET, _MODERATED) for decision in ("pass", "reject")},
    "scores_apikey_decide_selected revoke": (NO_GET, _OPERATED),
    # One row at a time only: there is no such page for those who may, and none for the others.
    **{
        f"scores_player_decide_selected {decision}": (NO_GET, (403, 403, 404, 404, 404))
        for decision in ("change-ban", "rename", "adjust")
    },
    **{
        f"scores_{decision}": (NO_GET, (403, 403, 403, 404, 404))
        for decision in (
            "player_decide_selected export",
            "player_decide_selected erase",
            "suspicionrule_decide_selected delete",
        )
    },
}
#: What the stranger and the player get where it is not the login.
OPEN: Final = {"login": (200, 200), "logout": (302, 302)}


class Desk:
    """One row of each kind, and one person of each role."""

    def __init__(self) -> None:
        self.alice = Player.objects.create(username="alice")
        arena = Client.objects.create(name="arena")
        rule = SuspicionRule.objects.create(board=Board.objects.get(), kind="score", threshold=5)
        [receipt] = recorded(session(arena, self.alice, 10))
        api_key, _ = api_keys.create("arena", ["sessions:submit"])
        entry = AuditEntry.objects.create(
            action="ban", subject_type="player", subject_id=self.alice.pk, reason="A test."
        )
        self.rows = {
            "player": self.alice.pk,
            "gamesession": receipt.session_id,
            "suspicion": Suspicion.objects.get().pk,
            "suspicionrule": rule.pk,
            "board": rule.board_id,
            "apikey": api_key.pk,
            "auditentry": entry.pk,
        }
        self.browsers = {
            "anonymous": Browser(),
            "player": logged_in(Player.objects.create(username="peter")),
            "newcomer": logged_in(Player.objects.create(username="nina", is_staff=True)),
            **{role.value: logged_in(staff(f"{role} one", role)) for role in Role},
            "superuser": logged_in(staff("root", None)),
        }

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Every address of the admin with its name; those of decisions once for each decision."""
        yield from self._walk(site.get_urls(), "/admin/", None)

    def _walk(self, patterns: list[Any], prefix: str, table: str | None) -> Iterator[tuple[str, str]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                below = f"{prefix}{pattern.pattern}"
                yield from self._walk(pattern.url_patterns, below, below.rstrip("/").rpartition("/")[2])
            else:
                yield from self._filled(pattern, prefix, table)

    def _filled(self, pattern: URLPattern, prefix: str, table: str | None) -> Iterator[tuple[str, str]]:
        route = str(pattern.pattern).lstrip("^").rstrip("$")
        route = route.replace("(?P<app_label>auth|scores)", "scores").replace("(?P<url>.*)", "nowhere").rstrip("$")
        for parameter in ("<path:object_id>", "<int:object_id>", "<id>"):
            route = route.replace(parameter, str(self.rows.get(table or "", 0)))
        route = route.replace("<int:content_type_id>/", "1/").replace("(?P<app_label>scores)", "scores")
        if "<slug:decision>" not in route:
            yield pattern.name or ("the rest" if table is None else "a row's old address"), f"{prefix}{route}"
            return
        model_admin = next(admin for model, admin in site._registry.items() if model._meta.model_name == table)
        for decision in model_admin.decisions:  # type: ignore[attr-defined]  # whoever has the address has decisions
            yield f"{pattern.name} {decision.name}", f"{prefix}{route.replace('<slug:decision>', decision.name)}"


@pytest.fixture
def desk(committed: None) -> Desk:
    return Desk()


def everything() -> list[Any]:
    """All that a GET, or a POST of nothing, must leave as it is."""
    tables = ("users", "game_sessions", "leaderboard", "suspicions", "suspicion_rules", "boards", "api_keys")
    more = ("audit_trail", "former_names", "auth_group", "auth_group_permissions", "users_groups", "clients")
    with connection.cursor() as cursor:
        rows = []
        for table in (*tables, *more):
            # A login writes last_login; that is no decision.
            cursor.execute(f"SELECT (to_jsonb(t) - 'last_login')::text FROM {table} t ORDER BY 1")
            rows.append((table, cursor.fetchall()))
    return rows


def statuses(desk: Desk, address: str, method: str) -> tuple[int, ...]:
    return tuple(getattr(desk.browsers[person], method)(address).status_code for person in PEOPLE)


def test_every_address_answers_each_role_as_the_matrix_says(desk: Desk) -> None:
    before = everything()
    seen = set()
    wrong = []
    for name, address in desk.addresses():
        if name in OPEN:
            continue
        seen.add(name)
        assert name in EXPECTED, f"{address} ({name}) is not in the matrix: who may do what there?"
        for method, expected in zip(("get", "post"), EXPECTED[name], strict=True):
            whole = (LOGIN, LOGIN, *expected)
            if (found := statuses(desk, address, method)) != whole:
                wrong.append(f"{method} {name} {address}: {found} instead of {whole}")

    assert wrong == [], "\n".join(wrong)
    assert set(EXPECTED) == seen
    assert everything() == before


def test_strangers_are_sent_to_the_login(desk: Desk) -> None:
    for name, address in desk.addresses():
        if name in OPEN:
            continue
        for person in ("anonymous", "player"):
            for method in ("get", "post"):
                response = getattr(desk.browsers[person], method)(address)
                assert response.headers["Location"].startswith("/admin/login/"), (name, method, person)


@pytest.mark.parametrize(("name", "expected"), OPEN.items())
def test_the_way_in_and_out_is_open(desk: Desk, name: str, expected: tuple[int, int]) -> None:
    address = f"/admin/{name}/"

    assert Browser().get(address).status_code == expected[0]
    assert Browser().post(address, {"username": "", "password": ""}).status_code == expected[1]


def test_no_decision_is_taken_without_a_token(desk: Desk) -> None:
    root = Player.objects.get(username="root")
    browser = logged_in(root, enforce_csrf_checks=True)
    before = everything()

    for name, address in desk.addresses():
        if name not in OPEN:
            assert browser.post(address, {"reason": "x", "seen": "x", "term": "ever"}).status_code == 403, name

    assert everything() == before


# --- What each role really does -----------------------------------------------------------------

#: The permissions to decide; those to add and to change are the pages of the matrix above.
DECISIONS: Final = sorted(
    codename
    for codename in PERMISSIONS[Role.OPERATOR] - PERMISSIONS[Role.VIEWER]
    if not codename.startswith(("add_", "change_"))
)


def _filled_in(desk: Desk) -> dict[str, tuple[str, dict[str, Any]]]:
    """A decision of each kind, ready to be made."""
    rows = desk.rows
    shown = "open, and the session counts meanwhile"
    return {
        "ban_player": (f"{PLAYERS}{rows['player']}/decide/ban/", {"term": "ever", "seen": "alice is active"}),
        "rename_player": (f"{PLAYERS}{rows['player']}/decide/rename/", {"username": "a", "seen": "alice is active"}),
        "adjust_player": (f"{PLAYERS}{rows['player']}/decide/adjust/", {"points": "1", "seen": "alice is active"}),
        "export_player": (f"{PLAYERS}{rows['player']}/decide/export/", {"seen": "alice is active"}),
        "erase_player": (f"{PLAYERS}{rows['player']}/decide/erase/", {"name": "alice", "seen": "alice is active"}),
        "void_gamesession": (f"{SESSIONS}{rows['gamesession']}/decide/void/", {"seen": "counts"}),
        "decide_suspicion": (f"{QUEUE}{rows['suspicion']}/decide/reject/", {"seen": shown}),
        "revoke_apikey": (f"{KEYS}{rows['apikey']}/decide/revoke/", {"seen": "valid"}),
        "delete_suspicionrule": (
            f"{RULES}{rows['suspicionrule']}/decide/delete/",
            {"seen": "score of one session above 5 on global: let pass: it counts, and waits in the queue"},
        ),
    }


@pytest.mark.parametrize("codename", DECISIONS)
def test_a_decision_is_made_by_the_roles_that_may_and_by_no_other(desk: Desk, codename: str) -> None:
    address, answers = _filled_in(desk)[codename]
    for role in Role:
        if codename in PERMISSIONS[role]:
            continue
        before = everything()
        assert desk.browsers[role].post(address, {"reason": "x", **answers}).status_code == 403
        assert everything() == before

    able = next(role for role in Role if codename in PERMISSIONS[role])
    assert desk.browsers[able].post(address, {"reason": "x", **answers}).status_code in {200, 302}

    entry = AuditEntry.objects.order_by("id").last()
    assert entry is not None
    assert (entry.actor_id, entry.reason) == (Player.objects.get(username=f"{able} one").pk, "x")


@pytest.mark.parametrize(
    ("table", "action", "codename"),
    [
        ("player", "ban", "ban_player"),
        ("player", "unban", "ban_player"),
        ("gamesession", "void", "void_gamesession"),
        ("gamesession", "unvoid", "void_gamesession"),
        ("suspicion", "pass", "decide_suspicion"),
        ("suspicion", "reject", "decide_suspicion"),
        ("apikey", "revoke", "revoke_apikey"),
    ],
)
def test_a_list_offers_actions_to_the_roles_that_may(desk: Desk, table: str, action: str, codename: str) -> None:
    for role in Role:
        chosen = {"action": action, "_selected_action": [desk.rows[table]]}
        response = desk.browsers[role].post(f"/admin/scores/{table}/", chosen)

        asked = response.status_code == 200 and b'id="changelist"' not in response.content
        assert asked == (codename in PERMISSIONS[role]), role


@pytest.mark.parametrize("role", Role)
def test_nobody_promotes_themselves(desk: Desk, role: Role) -> None:
    own = Player.objects.get(username=f"{role} one")
    roles = [group.pk for group in Group.objects.all()]
    rights = {"is_superuser": "on", "is_staff": "on", "is_active": "on", "groups": roles, "reason": "I want to."}
    before = everything()

    assert desk.browsers[role].post(f"{PLAYERS}{own.pk}/change/", rights).status_code == 403
    assert desk.browsers[role].post(f"{PLAYERS}add/", rights).status_code == 403
    assert desk.browsers[role].post(f"{PLAYERS}{own.pk}/password/", {}).status_code == 403

    assert everything() == before


# --- The groups ---------------------------------------------------------------------------------


def permissions_of(role: Role) -> set[str]:
    return set(Permission.objects.filter(group__name=role.value).values_list("codename", flat=True))


@pytest.mark.parametrize("role", Role)
def test_each_role_has_what_the_table_says(role: Role) -> None:
    assert permissions_of(role) == PERMISSIONS[role]


def test_what_somebody_changed_by_hand_is_put_right() -> None:
    viewers = Group.objects.get(name="viewer")
    viewers.permissions.add(Permission.objects.get(codename="ban_player"))
    Group.objects.get(name="operator").delete()

    for _ in range(2):
        keep_right(app_config=apps.get_app_config("scores"), apps=apps)

    assert {role: permissions_of(role) for role in Role} == PERMISSIONS
    assert not Player.objects.filter(groups=viewers).exists()


def test_no_list_shows_the_digest_of_a_key(desk: Desk) -> None:
    digest = ApiKey.objects.get().digest

    for address in (KEYS, f"{KEYS}{desk.rows['apikey']}/change/"):
        for person in (*Role, "superuser"):
            assert digest not in desk.browsers[person].get(address).content.decode()
