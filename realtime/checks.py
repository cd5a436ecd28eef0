"""System checks: settings with which the live boards would fail quietly are named before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from realtime import limits, origins

_BACKEND = "channels_redis.pubsub.RedisPubSubChannelLayer"


def register() -> None:
    """Let `manage.py check` and every command run the checks."""
    checks.register(check_live_boards, "realtime")


def check_live_boards(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """The channel layer, the limits and the origins, as the live boards need them."""
    return [*_channel_layer(), *_limits(), *_origins()]


def _channel_layer() -> Iterator[checks.CheckMessage]:
    layer: dict[str, Any] = settings.CHANNEL_LAYERS.get("default", {})
    if layer.get("BACKEND") != _BACKEND:
        yield checks.Error(
            "The default channel layer is not the pub/sub layer of channels_redis.",
            hint=f'Set CHANNEL_LAYERS["default"]["BACKEND"] to "{_BACKEND}": the hubs rely on its groups.',
            id="realtime.E001",
        )
        return
    for host in layer.get("CONFIG", {}).get("hosts") or ["the default of channels_redis"]:
        if not isinstance(host, dict) or host.get("socket_timeout", "unset") is not None:
            yield checks.Error(
                "A host of the channel layer has a socket timeout.",
                hint='Write it as {"address": ..., "socket_timeout": None}: redis-py gives up after 5 seconds '
                "otherwise, which ends every idle subscription.",
                id="realtime.E002",
            )


def _limits() -> Iterator[checks.CheckMessage]:
    try:
        numbers = limits.current()
    except TypeError as error:
        yield checks.Error(
            f"REALTIME names an unknown limit: {error}.",
            hint="The known ones are the fields of realtime.limits.Limits.",
            id="realtime.E003",
        )
        return
    for name in limits.Limits.__dataclass_fields__:
        number = getattr(numbers, name)
        if isinstance(number, bool) or not isinstance(number, int | float) or number <= 0:
            yield checks.Error(
                f"The limit {name} in REALTIME is {number!r}.",
                hint="Every limit is a number above zero.",
                id="realtime.E004",
            )


def _origins() -> Iterator[checks.CheckMessage]:
    for origin in settings.ALLOWED_ORIGINS:
        if origins.parse(origin) is None:
            yield checks.Error(
                f"{origin!r} in RANKCAST_ALLOWED_ORIGINS is no origin.",
                hint="Write scheme://host or scheme://host:port, without a path and without wildcards.",
                id="realtime.E005",
            )
