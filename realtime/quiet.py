"""Keeps the channel layer from filling the log while Valkey is away."""

from __future__ import annotations

import logging
import time

from typing_extensions import override

#: One line for a while is a sign; a traceback each second hides everything else.
_EVERY_S = 60.0


class Seldom(logging.Filter):
    """Lets one record through now and then, as a single line without its traceback."""

    def __init__(self) -> None:
        super().__init__()
        self._next_at = float("-inf")

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record may be seen."""
        if time.monotonic() < self._next_at:
            return False
        self._next_at = time.monotonic() + _EVERY_S
        cause = record.exc_info[1] if record.exc_info else None
        record.msg, record.args = f"{record.getMessage()} ({cause!r}); it tries again each second", ()
        record.exc_info = record.exc_text = None
        return True


def install() -> None:
    """Quieten the receive task of channels_redis, which logs a traceback each second that Valkey does not answer."""
    logger = logging.getLogger("channels_redis.pubsub")
    if not any(isinstance(known, Seldom) for known in logger.filters):
        logger.addFilter(Seldom())
