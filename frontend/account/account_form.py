"""What all forms of the account do: they say what went wrong when they were sent."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, ClassVar

from django import forms
from django.forms import BoundField

from frontend.account.telling import EXPECTED, told


class AccountForm(forms.Form):
    """A form whose page says what went wrong when it was sent.

    Inside a `with` block of the form, what is expected to go wrong ends the block and is said on the form.

    Attributes:
        beside: errors that belong to a field, and which; others are said of the form as a whole.
        status: the HTTP status of the page that shows the form.
        retry_after_s: when it may be sent again, where that is a matter of time.
    """

    use_required_attribute = False  # the server's sentences are clearer than the browsers' bubbles
    beside: ClassVar[Mapping[type[Exception], str]] = {}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.setdefault("label_suffix", "")
        super().__init__(*arguments, **options)
        self.status = HTTPStatus.OK
        self.retry_after_s: int | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, EXPECTED):
            return False
        self.tell(error)
        return True

    def tell(self, error: Exception) -> None:
        """Say on the form that this went wrong."""
        said = told(error)
        self.status, self.retry_after_s = said.status, said.retry_after_s
        field = self.beside.get(type(error), said.field)
        for sentence in said.sentences:
            self.add_error(field if field in self.fields else None, sentence)

    @property
    def wrong_fields(self) -> list[BoundField]:
        """The fields that can be corrected, in order."""
        return [field for field in self.visible_fields() if field.errors]

    def lead_to_error(self) -> None:
        """Let the page open with the cursor in the first wrong field; the summary of the page needs no help."""
        if self.wrong_fields and not self.non_field_errors():
            self.wrong_fields[0].field.widget.attrs["autofocus"] = True
