"""Secrets from the environment: read by name, refused in words that show none of them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from leaderboard_project import env

LONG = "s" * 32


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        (" , ", {}),
        (f"one:{LONG}", {"one": LONG}),
        (f" new:{LONG}1 , old:{LONG}2 ", {"new": LONG + "1", "old": LONG + "2"}),
        (f"one:{LONG}:with:colons", {"one": LONG + ":with:colons"}),
        ("ü:" + LONG, None),
        (LONG, None),
        (":" + LONG, None),
        ("one:", None),
        (f"{'n' * 33}:{LONG}", None),
        ("one:" + "s" * 31, None),
        (f"one:{LONG},one:{LONG}2", None),
    ],
)
def test_secrets_are_read_in_order_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: dict[str, str] | None
) -> None:
    monkeypatch.setenv("RANKCAST_JWT_KEYS", text)

    if expected is not None:
        read = env.named_secrets("RANKCAST_JWT_KEYS", min_bytes=32)
        assert list(read.items()) == list(expected.items())
        return
    with pytest.raises(ImproperlyConfigured, match="RANKCAST_JWT_KEYS") as refused:
        env.named_secrets("RANKCAST_JWT_KEYS", min_bytes=32)
    assert "sss" not in str(refused.value)
