"""One socket of the plain way: a member of the group, which gets and encodes every message for itself."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from typing_extensions import override

from leaderboard_project.bench.plain import ranks


class TopTen(AsyncJsonWebsocketConsumer):
    """Shows the top ten at once and after each session."""

    @override
    async def connect(self) -> None:
        await self.channel_layer.group_add(ranks.GROUP, self.channel_name)
        await self.accept()
        await self.send_json({"top_players": await sync_to_async(ranks.top)()})

    @override
    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(ranks.GROUP, self.channel_name)

    async def top_changed(self, message: dict[str, Any]) -> None:
        """A session was recorded."""
        await self.send_json({"top_players": message["rows"]})
