"""API keys: made (the secret is shown once), looked at, revoked. The digest is never shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from typing_extensions import override

from scores import api_keys, audit
from scores.admin.audited import Change, reason_field
from scores.admin.deciding import DecidingAdmin
from scores.admin.decision import Decision
from scores.admin.times import column, moment
from scores.models import ApiKey

_MOST: Final = 100
_COLUMNS: Final[Any] = (
    "prefix",
    "client",
    "may",
    column("created_at", "made"),
    column("last_used_at", "last used (within a minute)"),
    column("revoked_at", "revoked"),
)


class NewKeyForm(forms.Form):
    """Whose key it will be, what it may do, and why there is one."""

    name = forms.CharField(label="Client", max_length=100, help_text="Who submits; made if new.")
    scopes = forms.MultipleChoiceField(
        choices=ApiKey.Scope.choices, initial=[ApiKey.Scope.SUBMIT], widget=forms.CheckboxSelectMultiple
    )
    reason = reason_field()

    def clean_name(self) -> str:
        """The client's name, printable."""
        name: str = self.cleaned_data["name"]
        if not name.isprintable():
            raise forms.ValidationError("Printable characters only.")
        return name


class Revoke(Decision[ApiKey]):
    """Lets keys be valid no longer."""

    name, label, done = "revoke", "Revoke", "revoked"
    permission = "scores.revoke_apikey"
    consequence = "Whoever uses the key is refused within a second. It never becomes valid again: make a new one."
    most = _MOST
    public = False
    grave = True

    @override
    def obstacle(self, row: ApiKey, by: int) -> str:
        return "" if row.revoked_at is None else "The key is revoked already."

    @override
    def decide(self, rows: Sequence[ApiKey], answers: Mapping[str, Any], *, by: int) -> int:
        with transaction.atomic():
            for api_key in rows:
                api_keys.revoke(api_key)
                revoked = audit.Decided(
                    action=audit.Action.REVOKE, subject=audit.Subject.API_KEY, subject_id=api_key.pk
                )
                audit.write([revoked], by=by, reason=answers["reason"])
        return len(rows)


@admin.register(ApiKey)
class ApiKeyAdmin(DecidingAdmin):
    """Keys of game servers."""

    subject = audit.Subject.API_KEY
    decisions = (Revoke(),)
    list_display = fields = _COLUMNS
    list_select_related = ("client",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("prefix", "client__name")
    ordering = ("-id",)

    @override
    def state_of(self, row: ApiKey) -> str:
        return "valid" if row.revoked_at is None else f"revoked since {moment(row.revoked_at)}"

    @override
    def facts_of(self, row: ApiKey) -> Sequence[tuple[str, object]]:
        return [("client", row.client.name), ("last used", moment(row.last_used_at))]

    @admin.display(description="scopes")
    def may(self, api_key: ApiKey) -> str:
        """What the key may do."""
        return ", ".join(api_key.scopes)

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @method_decorator(sensitive_variables("secret"))
    @override
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for a name and scopes, then show the key: in the answer itself, so that it is kept nowhere."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewKeyForm(request.POST or None)
        secret = ""
        if form.is_valid():
            with transaction.atomic():
                api_key, secret = api_keys.create(form.cleaned_data["name"], form.cleaned_data["scopes"])
                change = Change(form.cleaned_data["reason"], after={"scopes": api_key.scopes})
                self.log_addition(request, api_key, change)
        context = {
            **self.admin_site.each_context(request),
            "title": "The new key" if secret else "Add API key",
            "opts": self.opts,
            "form": form,
            "secret": secret,
        }
        return TemplateResponse(request, "admin/scores/apikey/add.html", context)
