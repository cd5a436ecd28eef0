"""Publishing from processes that serve nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from channels.layers import get_channel_layer

from realtime.broadcast import from_message, group_of

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"

_PUBLISH_AND_END = """
from datetime import UTC, datetime
from realtime.board import Diff
from realtime.broadcast import broadcast
broadcast.publish(Diff("elsewhere", "all", "k3", 6, 7, rows=(), gone=(), players=0, as_of=datetime.now(UTC)))
"""


async def test_a_command_that_ends_at_once_has_told_what_it_changed() -> None:
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add(group_of("elsewhere"), channel)

    command = [sys.executable, str(MANAGE), "shell", "--no-imports", "-c", _PUBLISH_AND_END]
    ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
    async with asyncio.timeout(5):
        assert from_message(await layer.receive(channel)).seq == 7
    await layer.flush()
