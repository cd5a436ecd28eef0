"""How the logs read: one line per event on a terminal, JSON for machines."""

from __future__ import annotations

from typing import Any

import structlog

_SHARED: list[structlog.typing.Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configuration(*, form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING for `form` (`console` or `json`) and everything from `level` upwards.

    structlog's own loggers are set up with it: their events take the same way out.
    """
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(form)],
            },
        },
        "filters": {
            "no_bad_utf8": {
                "()": "django.utils.log.CallbackFilter",
                "callback": lambda record: not record.msg.startswith("Invalid UTF-8 sequence received"),
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # 4xx answers are the client's business; 5xx still arrive as errors.
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # What strangers send is their business too: uvicorn would write a line, or a traceback, for each of it.
            "uvicorn.error": {"level": "ERROR", "filters": ["no_bad_utf8"]},
            # It tells each request, and the demo makes several a second.
            "httpx": {"level": "WARNING"},
        },
    }


def _renderers(form: str) -> list[structlog.typing.Processor]:
    if form == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # The default tracebacks print local variables, and with them keys and passwords.
    return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
