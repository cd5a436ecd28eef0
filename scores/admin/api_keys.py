"""API keys: made (the secret is shown once), looked at, revoked. The digest is never shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from typing_extensions import override

from scores import api_keys
from scores.admin.decisions import DecidingAdmin, Decision
from scores.models import ApiKey


class NewKeyForm(forms.Form):
    """Whose key it will be, and what it may do."""

    name = forms.CharField(label="Client", max_length=100, help_text="Who submits; made if new.")
    scopes = forms.MultipleChoiceField(
        choices=ApiKey.Scope.choices, initial=[ApiKey.Scope.SUBMIT], widget=forms.CheckboxSelectMultiple
    )

    def clean_name(self) -> str:
        """The client's name, printable."""
        name: str = self.cleaned_data["name"]
        if not name.isprintable():
            raise forms.ValidationError("Printable characters only.")
        return name


def _revoke(api_key: ApiKey) -> bool:
    if api_key.revoked_at is not None:
        return False
    api_keys.revoke(api_key)
    return True


@admin.register(ApiKey)
class ApiKeyAdmin(DecidingAdmin):
    """Keys of game servers."""

    decisions = (Decision("revoke", "Revoke", "revoked", _revoke, lambda api_key: api_key.revoked_at is None),)
    list_display = ("prefix", "client", "scopes", "created_at", "revoked_at")
    fields = ("prefix", "client", "scopes", "created_at", "revoked_at")
    list_select_related = ("client",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("prefix", "client__name")
    ordering = ("-id",)

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
            api_key, secret = api_keys.create(form.cleaned_data["name"], form.cleaned_data["scopes"])
            self.log_addition(request, api_key, "Created.")
        context = {
            **self.admin_site.each_context(request),
            "title": "The new key" if secret else "Add API key",
            "opts": self.opts,
            "form": form,
            "secret": secret,
        }
        return TemplateResponse(request, "admin/scores/apikey/add.html", context)
