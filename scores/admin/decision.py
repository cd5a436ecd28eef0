"""What can be decided at the desk: the shape of a decision, of the form that asks for it, and of what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from scores.admin.audited import reason_field

M = TypeVar("M", bound=Model)


class DecisionForm(forms.Form):
    """Asks why, and carries what its page showed, so that nobody decides about what has changed meanwhile."""

    reason = reason_field()
    seen = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    def __init__(self, *args: Any, row: Any = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.row = row  # None where it is about several


class Decision(Generic[M]):
    """One thing that may be decided about rows of a table.

    Attributes:
        name: in addresses.
        label: on the button.
        done: what has happened to the rows then, such as "banned".
        consequence: told before anybody decides, in a sentence.
        permission: who may.
        most: how many rows at once; 1: only on the row's own page.
        together: whether several rows are decided about in one transaction, all or none.
        public: whether the boards show it.
        grave: whether it cannot be undone.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    done: ClassVar[str]
    consequence: ClassVar[str]
    permission: ClassVar[str]
    form: ClassVar[type[DecisionForm]] = DecisionForm
    most: ClassVar[int] = 1
    together: ClassVar[bool] = False
    public: ClassVar[bool] = True
    grave: ClassVar[bool] = False

    def obstacle(self, row: M, by: int) -> str:
        """Why this person cannot decide so about the row now, in a sentence; empty where they can."""
        raise NotImplementedError

    def decide(self, rows: Sequence[M], answers: Mapping[str, Any], *, by: int) -> int:
        """Decide, through the ledger; give how many rows it changed.

        Raises:
            Refused: it cannot be; nothing was changed.
            django.db.OperationalError: the ledger is busy; nothing was changed.
        """
        raise NotImplementedError

    def initial(self, row: M) -> dict[str, Any]:
        """What the form of a single row begins with."""
        return {}

    def answer(self, request: HttpRequest, row: M) -> HttpResponseBase | None:
        """What to send after a decision about one row; None: the row's page."""
        return None
