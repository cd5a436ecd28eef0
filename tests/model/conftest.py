"""The profile of the long run, `just model`: about half an hour."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("long", max_examples=6_000, stateful_step_count=60)
