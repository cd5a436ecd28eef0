"""Answers on their way out."""

from __future__ import annotations

from scores.api.answers import StructRenderer
from scores.api.contract import Alive


def test_a_struct_is_json() -> None:
    assert StructRenderer().render(Alive()) == b'{"status":"alive"}'


def test_an_answer_without_content_has_no_body() -> None:
    assert StructRenderer().render(None) == b""
