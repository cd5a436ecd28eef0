"""Tells the log, once for each incident, that the ranks lag behind or that somebody keeps a transaction open."""

from __future__ import annotations

from typing import Final

import structlog

from scores.lag import Writer, lag_s, oldest_writer

_LAG_S: Final = 5.0
_OPEN_S: Final = 60.0

log = structlog.get_logger(__name__)


class Incidents:
    """What was told already; looked at in every turn of the worker."""

    def __init__(self) -> None:
        self._lags = False
        self._writer: int | None = None

    def look(self) -> None:
        """Tell what has become wrong since, and what has ended.

        Raises:
            django.db.Error: PostgreSQL does not answer.
        """
        self._look_at_lag(lag_s())
        self._look_at_writer(oldest_writer())

    def _look_at_lag(self, seconds: float) -> None:
        lags = seconds > _LAG_S
        if lags and not self._lags:
            log.warning("the ranks lag behind", seconds=round(seconds, 1))
        elif self._lags and not lags:
            log.info("the ranks have caught up")
        self._lags = lags

    def _look_at_writer(self, writer: Writer | None) -> None:
        if writer is None or writer.age_s <= _OPEN_S:
            self._writer = None
        elif writer.pid != self._writer:
            log.warning(
                "a transaction stays open: what it has written counts when it ends",
                pid=writer.pid,
                application=writer.application,
                seconds=round(writer.age_s),
            )
            self._writer = writer.pid
