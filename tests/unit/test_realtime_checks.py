"""Settings with which the live boards would fail quietly are named at start-up."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.checks import check_live_boards

PUBSUB = "channels_redis.pubsub.RedisPubSubChannelLayer"


def ids() -> list[str | None]:
    messages = check_live_boards(None)
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


def test_the_projects_own_settings_pass() -> None:
    assert ids() == []


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ({}, ["realtime.E001"]),
        ({"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}, ["realtime.E001"]),
        ({"default": {"BACKEND": PUBSUB, "CONFIG": {"hosts": ["redis://127.0.0.1"]}}}, ["realtime.E002"]),
        ({"default": {"BACKEND": PUBSUB, "CONFIG": {"hosts": [{"address": "redis://127.0.0.1"}]}}}, ["realtime.E002"]),
        (
            {"default": {"BACKEND": PUBSUB, "CONFIG": {"hosts": [{"address": "x", "socket_timeout": 5}]}}},
            ["realtime.E002"],
        ),
        ({"default": {"BACKEND": PUBSUB, "CONFIG": {"hosts": [{"address": "x", "socket_timeout": None}]}}}, []),
        ({"default": {"BACKEND": PUBSUB}}, ["realtime.E002"]),
    ],
)
def test_the_channel_layer_is_the_one_that_works(settings: Any, layers: dict[str, Any], expected: list[str]) -> None:
    settings.CHANNEL_LAYERS = layers

    assert ids() == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"beat_s": 5}, []),
        ({"beats": 5}, ["realtime.E003"]),
        ({"beat_s": 0, "operations": "many", "boards_per_socket": True}, ["realtime.E004"] * 3),
    ],
)
def test_the_limits_are_known_and_above_zero(settings: Any, limits: dict[str, Any], expected: list[str]) -> None:
    settings.REALTIME = limits

    assert ids() == expected


def test_the_allowed_origins_are_origins(settings: Any) -> None:
    settings.ALLOWED_ORIGINS = ["https://play.example", "play.example", "https://*.example/"]

    assert ids() == ["realtime.E005"] * 2
