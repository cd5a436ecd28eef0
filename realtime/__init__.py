"""From the signal `board_changed` to every open socket: receivers, board, messages, broadcast, hub, viewers."""
