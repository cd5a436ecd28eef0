"""What looks at whole tables takes its time, however large they are."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from leaderboard_project.postgresql.connection import PatientConnection
from scores.archive.staging import at_length
from scores.unhurried import _PATIENCE_S


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("command", ["rebuild", "verify"])
def test_a_command_that_counts_all_rows_is_not_cut_off(command: str) -> None:
    patience: list[tuple[str, float | None]] = []

    def listen(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if "count(" in sql.lower():
            [timeout] = connection.connection.execute("SHOW statement_timeout").fetchone()
            patience.append((timeout, connection.connection.patience_s))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(listen):
        call_command(command, stdout=StringIO())

    assert patience
    assert set(patience) == {("0", _PATIENCE_S)}


@pytest.mark.usefixtures("committed")
def test_a_restore_waits_for_as_long_as_it_takes_its_commit_included() -> None:
    with at_length():
        assert connection.connection.patience_s is None

    assert connection.connection.patience_s == PatientConnection.PATIENCE_S
