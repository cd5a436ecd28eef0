"""The profile of the long run: `uv run pytest -n 0 tests/model --hypothesis-profile=long`, about an hour."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("long", max_examples=3_000, stateful_step_count=60)
