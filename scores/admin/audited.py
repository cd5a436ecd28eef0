"""What all our admins share: whatever is changed here is written to the audit trail, with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst
from typing_extensions import override

from scores import audit
from scores.admin.finding import is_id
from scores.admin.links import id_of, list_of

LONGEST_REASON: Final = 1000  # characters


def reason_field() -> forms.CharField:
    """The question why, which every change and every decision asks."""
    return forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept in the audit trail for good: write no name into it, nor anything that identifies a person.",
    )


class ReasonForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's classes take no parameters at run time
    """A form of Django's admin that asks why."""

    reason = reason_field()


@dataclass(frozen=True, slots=True)
class Change:
    """What a form changed, on its way from Django's `construct_change_message` to `log_change`."""

    reason: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    """An admin whose changes stand in the audit trail, in the transaction that makes them.

    Attributes:
        subject: what the trail calls such a row.
        told: the fields whose values the trail holds; of others it says only that they changed.
    """

    form: type[forms.ModelForm[Any]] = ReasonForm
    subject: ClassVar[audit.Subject]
    told: ClassVar[frozenset[str]] = frozenset()

    @override
    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may_write = self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)
        why = [("Why", {"fields": ("reason",)})] if may_write else []
        return [*super().get_fieldsets(request, obj), *why]

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # Django's way asks for no reason: what can be deleted has a decision for it

    @override
    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        changed = [name for name in form.changed_data if name != "reason"]
        told = [name for name in changed if name in self.told]
        others = {"changed": sorted(set(changed).difference(told))} if len(told) < len(changed) and not add else {}
        return Change(
            reason=form.cleaned_data["reason"],
            before={} if add else {name: _plain(form.initial.get(name)) for name in told},
            after={**{name: _plain(form.cleaned_data[name]) for name in told}, **others},
        )

    @override
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self.write_down(request, obj, audit.Action.CREATE, message)

    @override
    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self.write_down(request, obj, audit.Action.EDIT, message)

    @override
    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        raise PermissionDenied

    def write_down(self, request: HttpRequest, row: Model, action: audit.Action, change: Change) -> None:
        """Add an entry about the row to the trail, in the transaction that is open."""
        about_player = self.subject == audit.Subject.PLAYER
        subject = audit.Decided(
            action=action,
            subject=self.subject,
            subject_id=row.pk,
            player_id=row.pk if about_player else None,
            before=change.before,
            after=change.after,
        )
        audit.write([subject], by=id_of(request), reason=change.reason)

    @override
    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id) if is_id(object_id) else None
        if row is None:
            raise Http404
        return HttpResponseRedirect(list_of("auditentry", about=self.about(row)))

    def about(self, row: Any) -> str:
        """What the trail's list calls the row whose history is asked for."""
        return f"{self.subject}:{row.pk}"

    @override
    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:  # whose page it is, where Django says what could be done with it
            context.update(title=str(obj), subtitle=self.opts.verbose_name)
        return super().render_change_form(request, context, add=add, change=change, form_url=form_url, obj=obj)

    @override
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        # PostgreSQL has no NUL in text: a filter with one would end in an error of its own.
        if any("\0" in value for values in request.GET.lists() for value in (values[0], *values[1])):
            raise SuspiciousOperation("a NUL in the query")
        if not all(chosen.isascii() and chosen.isdigit() for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise SuspiciousOperation("a row that is no number")
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})


def _plain(value: Any) -> Any:
    """The value as JSON holds it: rows by their names, which are boards' and roles', never people's."""
    if isinstance(value, QuerySet | list | tuple | set | frozenset):
        return sorted(str(one) for one in value)
    return str(value) if isinstance(value, Model) else value
