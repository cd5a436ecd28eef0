"""Players: found by name or id, banned and shown again through the ledger."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from typing_extensions import override

from scores import ledger, names, search
from scores.admin.decisions import DecidingAdmin, Decision
from scores.admin.paging import ROWS_PER_PAGE, BoundedPaginator
from scores.models import Player

_MOST_FOUND = 1000
_LONGEST_ID: Final = 18  # digits; all such numbers are a bigint


class NewAccountForm(AdminUserCreationForm):  # type: ignore[type-arg]  # Django's classes take no parameters at run time
    """A new account, such as a moderator's. Names follow the same rule as those of game servers."""

    class Meta:
        model = Player
        fields = ("username",)

    @override
    def clean_username(self) -> str:
        """The name as it is stored."""
        try:
            self.cleaned_data["username"] = names.normalise(self.cleaned_data["username"])
        except names.InvalidName as error:
            raise forms.ValidationError(str(error)) from error
        return str(super().clean_username())


def _ban(player: Player) -> bool:
    """Staff are not banned by a click, least of all oneself: take their access first."""
    return not player.is_staff and ledger.ban(user_id=player.pk, by=None, reason="Decided in the admin site.")


@admin.register(Player)
class PlayerAdmin(DecidingAdmin, UserAdmin):  # type: ignore[type-arg]  # as above
    """Players and accounts. Moderators ban; only superusers make accounts and give out rights."""

    decisions = (
        Decision("ban", "Ban", "banned", _ban, lambda player: not player.banned and not player.is_staff),
        Decision(
            "unban",
            "Unban",
            "unbanned",
            lambda player: ledger.unban(user_id=player.pk, by=None, reason="Decided in the admin site."),
            lambda player: player.banned,
        ),
    )
    add_form = NewAccountForm
    fieldsets = (
        (None, {"fields": ("username", "state", "sessions", "join_date", "last_login")}),
        ("Account", {"fields": ("password", "is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
    )
    list_display = ("username", "id", "state", "join_date", "is_staff")
    sortable_by = ("username", "id")
    list_filter = ("state", "is_staff")
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-id",)
    search_fields = ("username",)
    search_help_text = "The beginning of a name, or an id."
    paginator = BoundedPaginator
    list_per_page = list_max_show_all = ROWS_PER_PAGE
    show_full_result_count = False

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("username", "state", "sessions", "join_date", "last_login")

    @override
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj is None or _is_superuser(request) else fieldsets[:1]  # accounts are not their business

    @admin.display(description="sessions")
    def sessions(self, player: Player) -> SafeString:
        """The way to the player's sessions."""
        return format_html('<a href="{}?q={}">show</a>', reverse("admin:scores_gamesession_changelist"), player.pk)

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Player], search_term: str
    ) -> tuple[QuerySet[Player], bool]:
        return (queryset.filter(pk__in=find(search_term)) if search_term else queryset), False

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whoever may edit accounts can make themselves anything: so moderators look, and decide.
        return _is_superuser(request)

    @override
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if not _is_superuser(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    @override
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        # Only what was edited: the whole row would bring back a state from before a ban that came in between.
        columns = [name for name in form.changed_data if name not in {"groups", "user_permissions"}]
        obj.save(update_fields=columns)


def find(text: str) -> list[int]:
    """The ids of players whose name begins so, whatever the case, and of the one with that id."""
    wanted = text.strip()
    found = search.ids_by_prefix(wanted, limit=_MOST_FOUND)
    is_id = wanted.isascii() and wanted.isdigit() and len(wanted) <= _LONGEST_ID
    return [*found, int(wanted)] if is_id else found


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)
