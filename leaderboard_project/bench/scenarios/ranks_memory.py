"""What a player costs in Valkey."""

from __future__ import annotations

from leaderboard_project.bench.figures import Figure, Result
from leaderboard_project.bench.workbench import Workbench

_LARGE = 1_000_000


def memory(bench: Workbench) -> Result:
    """Bytes of Valkey's memory per player of the large board: ranks, revs and names."""
    made = bench.installation(bench.options.players)
    players = made.field.players
    value = (made.valkey_full_bytes - made.valkey_empty_bytes) / players
    return Result(
        scenario="memory",
        sizes={"players": players},
        full_size=players >= _LARGE,
        figures=(Figure("rankcast", "bytes_per_player", (value,)),),
        notes=(f"Valkey uses {_mib(made.valkey_full_bytes)}, and {_mib(made.valkey_empty_bytes)} when it is empty",),
    )


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
