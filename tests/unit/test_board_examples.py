"""The examples that both languages must obey: the file is in step with Python, and each example holds."""

from __future__ import annotations

import json
import os
from typing import Any

import msgspec
import pytest

from realtime import board as boards
from realtime import messages
from realtime.board import Board
from tests.unit import board_examples

EXAMPLES = json.loads(board_examples.FILE.read_text(encoding="utf-8"))


def test_the_file_of_examples_is_in_step_with_python() -> None:
    if os.environ.get("UPDATE_EXAMPLES"):
        board_examples.FILE.write_text(board_examples.text(), encoding="utf-8")

    assert board_examples.text() == board_examples.FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_an_example_holds(example: dict[str, Any]) -> None:
    before = _read(example["before"])
    frame = msgspec.convert(example["frame"], messages.Snapshot | messages.DiffFrame)

    if isinstance(frame, messages.Snapshot):
        outcome, after = "apply", _read(example["frame"])
    else:
        fields = {name: getattr(frame, name) for name in boards.Diff.__dataclass_fields__}
        diff = boards.Diff(**fields)
        outcome = boards.judge(before, diff)
        after = boards.apply(before, diff) if outcome == "apply" else before

    assert example["outcome"] == outcome
    assert _read(example["after"]) == after
    assert example["crc"] == boards.crc(after.rows)


def _read(snapshot: dict[str, Any]) -> Board:
    """The board of a snapshot frame (its type is only a word of the wire)."""
    return msgspec.convert(snapshot, Board)
