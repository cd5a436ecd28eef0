"""What a player may be called."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scores.names import MAX_LENGTH, InvalidName, normalise


@pytest.mark.parametrize(
    "name",
    [
        "alice",
        "Al Ice",
        "Zoë",
        "山田太郎",
        "Ольга",
        "हिन्दी",
        "O'Brien",
        "<script>alert(1)</script>",  # ugly, and escaped wherever it is shown
        "{{7*7}}",
        "' OR 1=1 --",
        "=cmd|' /C calc'!A0",
        "🦊",
        "❤️",
        "x",
        "x" * MAX_LENGTH,
    ],
)
def test_ordinary_and_ugly_names_are_kept(name: str) -> None:
    assert normalise(name) == name


def test_spaces_around_a_name_are_dropped() -> None:
    assert normalise("  alice ") == "alice"


def test_two_spellings_of_the_same_text_become_one_name() -> None:
    assert normalise("Zoe\u0308") == normalise("Zo\u00eb")


def test_look_alikes_stay_different_names() -> None:
    assert normalise("\u0430dmin") != normalise("admin")  # the first letter is Cyrillic


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "   ",
        "x" * (MAX_LENGTH + 1),
        "x" * 10_000,
        "a\u202eb",  # right-to-left override
        "a\u2066b\u2069",  # isolates
        "a\u200bb",  # zero-width space
        "a\u200db",  # zero-width joiner
        "\ufeffalice",
        "a\u00adb",  # soft hyphen
        "a\u2028b",
        "a\u2029b",
        "a\u00a0b",  # no-break space
        "a\u3000b",  # ideographic space
        "a\tb",
        "alice\r\nSet-Cookie: x=1",
        "alice\n",
        "\x1b[31malice",
        "a\x00b",
        "a\x7fb",
        "a\ud800b",
        "a\ue000b",  # private use
        "a\uffffb",  # not a character
        "a\u0378b",  # unassigned
        "\u3164",  # a letter that shows nothing
        "\u2800",
        "alice\ufe0f",
        "\u0301alice",  # a mark without a letter
        "q" + "\u0316\u0317\u0318\u0319\u031c",  # five marks in a row
        "Z" + "\u0335" * 40,
    ],
)
def test_what_is_invisible_or_out_of_line_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        normalise(name)


@given(st.text(max_size=80))
def test_a_normalised_name_is_visible_bounded_and_stays_the_same(text: str) -> None:
    try:
        name = normalise(text)
    except InvalidName:
        return

    assert normalise(name) == name
    assert 1 <= len(name) <= MAX_LENGTH
    assert unicodedata.is_normalized("NFC", name)
    assert not [character for character in name if unicodedata.category(character)[0] == "C"]
    assert {character for character in name if unicodedata.category(character)[0] == "Z"} <= {" "}
