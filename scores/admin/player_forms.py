"""What moderators are asked before they decide about a player."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from typing_extensions import override

from scores import ledger, names
from scores.admin.decision import DecisionForm

_TERMS: Final = {
    "1": ("1 day", timedelta(days=1)),
    "7": ("7 days", timedelta(days=7)),
    "30": ("30 days", timedelta(days=30)),
}


class BanForm(DecisionForm):
    """For how long, and why."""

    term = forms.ChoiceField(
        label="For how long",
        choices=[
            *((key, label) for key, (label, _) in _TERMS.items()),
            ("ever", "for ever"),
            ("until", "until a date"),
        ],
        widget=forms.RadioSelect,
    )
    until = forms.DateTimeField(
        label="Until (UTC)",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Only with “until a date”.",
    )
    field_order = ("term", "until", "reason")

    @override
    def clean(self) -> dict[str, Any]:
        """`until` becomes the end of the ban, or None."""
        answers = super().clean() or self.cleaned_data
        term = answers.get("term")
        if term == "until" and "until" in answers:
            if answers["until"] is None:
                self.add_error("until", "Say until when.")
            elif answers["until"] <= timezone.now():
                self.add_error("until", "A ban must end in the future.")
        elif term is not None:
            answers["until"] = timezone.now() + _TERMS[term][1] if term in _TERMS else None
        return answers


class RenameForm(DecisionForm):
    """The new name, and why."""

    username = forms.CharField(label="New name", max_length=4 * names.MAX_LENGTH)
    field_order = ("username", "reason")

    def clean_username(self) -> str:
        """The name as it would be stored."""
        try:
            return names.normalise(self.cleaned_data["username"])
        except names.InvalidName as error:
            raise forms.ValidationError(str(error)) from error


class AdjustForm(DecisionForm):
    """How many points, and why."""

    points = forms.IntegerField(
        min_value=-ledger.MAXIMUM,
        max_value=ledger.MAXIMUM,
        help_text="A whole number; with a minus sign it takes points away.",
    )
    field_order = ("points", "reason")

    def clean_points(self) -> int:
        """The points, which are some."""
        points: int = self.cleaned_data["points"]
        if points == 0:
            raise forms.ValidationError("An adjustment of 0 points changes nothing.")
        return points


class EraseForm(DecisionForm):
    """The player's name, typed by hand, so that nobody is erased by a slip."""

    name = forms.CharField(label="Type the player's name", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    field_order = ("name", "reason")

    def clean_name(self) -> str:
        """The name, which must be this player's."""
        name: str = self.cleaned_data["name"]
        if name != self.row.username:
            raise forms.ValidationError("This is not the player's name.")
        return name
