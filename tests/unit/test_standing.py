"""One player's place in words; the same examples hold the scripts (tests/javascript/standing.test.js)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from frontend.standing import goal, top_percent
from scores.ranking import Row

EXAMPLES = json.loads((Path(__file__).parents[1] / "examples" / "standing_words.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES["top_percent"])
def test_a_rank_lies_within_a_part_of_the_board(example: dict[str, Any]) -> None:
    assert example["says"] == top_percent(example["rank"], example["players"])


@pytest.mark.parametrize("example", EXAMPLES["goal"])
def test_what_it_takes_to_pass_the_next_player(example: dict[str, Any]) -> None:
    rows = [Row(*row) for row in example["rows"]]
    [own] = [row for row in rows if row.user_id == example["own"]]

    assert example["says"] == goal(rows, own)
