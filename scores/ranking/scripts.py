"""The scripts that keep and read ranks, each described at the top of its file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from scores.valkey import Script

_LUA: Final = Path(__file__).parent / "lua"


def _of_window(name: str) -> Script:
    """A script on the keys of one board window, which begins with what all of those share."""
    return Script.read(_LUA / "prelude.lua", _LUA / f"{name}.lua")


PROJECT: Final = _of_window("project")
READ: Final = _of_window("read")
STAND: Final = _of_window("stand")
RENEW_EPOCH: Final = _of_window("renew_epoch")
INSPECT: Final = _of_window("inspect")
REMOVE_STRANGERS: Final = _of_window("remove_strangers")
REBUILD_BEGIN: Final = _of_window("rebuild_begin")
REBUILD_CHUNK: Final = _of_window("rebuild_chunk")
REBUILD_SWITCH: Final = _of_window("rebuild_switch")
REBUILD_ABORT: Final = _of_window("rebuild_abort")
DISCARD: Final = _of_window("discard")
REMEMBER_NAMES: Final = Script.read(_LUA / "remember_names.lua")
INSPECT_NAMES: Final = Script.read(_LUA / "inspect_names.lua")
FORGET_NAME: Final = Script.read(_LUA / "forget_name.lua")
CLEAR_FOREIGN: Final = Script.read(_LUA / "clear_foreign.lua")
