"""The leaderboard does what its model does, whatever happens in whatever order."""

from __future__ import annotations

import logging

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import LeaderboardMachine

#: About a minute; see conftest.py for the long one.
_QUICK = settings(max_examples=180, stateful_step_count=30)


@pytest.mark.timeout(3 * 3600)
@pytest.mark.usefixtures("committed")
def test_the_leaderboard_does_what_its_model_does(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="scores")  # it would write down each of thousands of faults
    is_long = settings.get_current_profile_name() == "long"

    run_state_machine_as_test(
        LeaderboardMachine,
        settings=settings(
            settings.get_profile("long") if is_long else _QUICK,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
