"""Accounts, for superusers only: who may log in, who is staff, and in which role."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from typing_extensions import override

from scores import names
from scores.admin.audited import AuditedAdmin, reason_field
from scores.models import Player
from scores.roles import Role


class NewAccountForm(AdminUserCreationForm):  # type: ignore[type-arg]  # Django's classes take no parameters at run time
    """A new account, such as a moderator's. Names follow the same rule as those of game servers."""

    reason = reason_field()

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


class AccountForm(UserChangeForm):  # type: ignore[type-arg]  # as above
    """Access and roles."""

    reason = reason_field()
    groups = forms.ModelMultipleChoiceField(
        label="Roles",
        queryset=Group.objects.filter(name__in=[role.value for role in Role]),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Viewers look; moderators also decide about players and sessions; operators also keep rules, boards"
        " and API keys, and export and erase. They count only for those who may use the admin site.",
    )

    class Meta(UserChangeForm.Meta):
        model = Player


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # as above
    """Another password for somebody, and why."""

    reason = reason_field()


class AccountAdmin(AuditedAdmin, UserAdmin):  # type: ignore[type-arg]  # as above
    """The part of a player that is an account. Whoever may edit one could become anything: superusers only."""

    form = AccountForm
    add_form = NewAccountForm
    change_password_form = PasswordForm
    change_user_password_template = "admin/scores/player/change_password.html"  # noqa: S105  (no password)
    told = frozenset({"is_active", "is_staff", "is_superuser", "groups"})
    filter_horizontal = ()

    @override
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is not None and is_superuser(request):
            account = {"fields": ("password", "is_active", "is_staff", "is_superuser", "groups")}
            fieldsets.insert(1, ("Account", account))
        return fieldsets

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    @override
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if not is_superuser(request):
            raise PermissionDenied
        with transaction.atomic():  # the password and its entry in the trail are one
            return super().user_change_password(request, id, form_url)

    @override
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        # Only what was edited: the whole row would bring back a state from before a ban that came in between.
        obj.save(update_fields=[name for name in form.changed_data if name not in {"groups", "reason"}])


def is_superuser(request: HttpRequest) -> bool:
    """Whether this person may do everything."""
    return bool(request.user.is_active and request.user.is_superuser)
