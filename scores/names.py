"""What a player may be called: one rule for the API, the admin site and whatever comes later. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_LENGTH: Final = 64  # characters after normalisation
_MAX_MARKS: Final = 4  # in a row; living scripts need three, more only paint over the rows above
#: Letters, marks and symbols that show nothing: with them two names look the same, or like none at all.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_PICTURE_SELECTOR: Final = "\ufe0f"  # turns a symbol into its coloured picture; phones write it by themselves


#: What the erased are called; nobody else may be.
_ERASED: Final = "Deleted player "


class InvalidName(ValueError):
    """No player may be called that; the message says why."""


def normalise(text: str) -> str:
    """The name in the one spelling that is stored: NFC, without spaces around it.

    Look-alikes from other scripts stay different names; what is invisible or runs out of its line is refused.

    Raises:
        InvalidName: empty, too long, or with characters that a name must not have.

    >>> normalise("  Zoe\u0308 ") == "Zo\u00eb"
    True
    """
    if len(text) > 4 * MAX_LENGTH:  # before normalising: the work stays bounded
        raise InvalidName(f"A name has at most {MAX_LENGTH} characters.")
    name = unicodedata.normalize("NFC", text.strip(" "))
    if not name:
        raise InvalidName("A name has at least one character.")
    if len(name) > MAX_LENGTH:
        raise InvalidName(f"A name has at most {MAX_LENGTH} characters.")
    if name.lower().startswith(_ERASED.lower()):
        raise InvalidName("This name is kept for players who were erased.")
    _check_characters(name)
    return name


def of_erased(user_id: int) -> str:
    """What a player is called whose name was erased.

    >>> of_erased(7)
    'Deleted player 7'
    """
    return f"{_ERASED}{user_id}"


def _check_characters(name: str) -> None:
    marks = 0
    before = ""
    for character in name:
        if not _is_visible(character, before):
            raise InvalidName(f"A name must not contain the character U+{ord(character):04X}.")
        marks = marks + 1 if unicodedata.category(character).startswith("M") else 0
        if marks and before in ("", " "):
            raise InvalidName("A mark must stand on a letter.")
        if marks > _MAX_MARKS:
            raise InvalidName(f"A name has at most {_MAX_MARKS} combining marks in a row.")
        before = character


def _is_visible(character: str, before: str) -> bool:
    category = unicodedata.category(character)
    if character == _PICTURE_SELECTOR:
        return before != "" and unicodedata.category(before) == "So"
    # C: control, format (zero-width, direction overrides), surrogate, private, unassigned. Z: only the plain space.
    return (
        not category.startswith(("C", "Z")) and character not in _BLANK and not _is_selector(character)
    ) or character == " "


def _is_selector(character: str) -> bool:
    return (
        "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
        or "\u180b" <= character <= "\u180f"
    )
