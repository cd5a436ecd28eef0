"""Failpoints do nothing until they are armed, and then exactly what they are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from scores import failpoints
from scores.failpoints import POINTS, FailpointReached, arm, reach

_ROOT = Path(failpoints.__file__).parents[1]


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    arm("")


def test_nothing_happens_at_points_that_are_not_armed() -> None:
    arm("publish=skip")

    assert not reach("before_commit")


def test_an_armed_point_skips_or_fails() -> None:
    arm("publish=skip, before_answer=fail@1")

    assert reach("publish")
    with pytest.raises(FailpointReached, match="before_answer"):
        reach("before_answer")


def test_what_is_never_probable_never_happens() -> None:
    arm("publish=skip@0")

    assert not any(reach("publish") for _ in range(100))


@pytest.mark.parametrize("text", ["publish", "publish=explode", "publish=skip@often", "nowhere=skip"])
def test_what_nobody_knows_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="RANKCAST_FAILPOINTS"):
        arm(text)


def test_each_point_stands_somewhere_on_the_road_and_no_other_does() -> None:
    reached = set()
    for folder in ("scores", "realtime", "leaderboard_project"):
        for path in (_ROOT / folder).rglob("*.py"):
            reached |= set(re.findall(r'\breach\("(\w+)"\)', path.read_text(encoding="utf-8")))

    assert reached == POINTS
