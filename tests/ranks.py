"""What Valkey says of the ranks, for tests of what keeps them right."""

from __future__ import annotations

from scores import boards
from scores.models import Standing
from scores.ranking import keys, reads
from scores.ranking.watermarks import Stand, stands
from scores.valkey import valkey


def board() -> list[tuple[str, int, int]]:
    """Username, rank and total of who stands at the top, from the ranks."""
    page = reads.top(boards.GLOBAL)
    assert page.source == "ranks"
    return [(row.username, row.rank, row.total_score) for row in page.rows]


def meta(*fields: str) -> list[str | None]:
    """What meta says of the board `global`."""
    answer: list[str | None] = valkey().commands([("HMGET", keys.meta(boards.current(boards.GLOBAL)), *fields)])[0]
    return answer


def set_meta(**fields: str) -> None:
    """Make it say something else."""
    pairs = [part for pair in fields.items() for part in pair]
    valkey().commands([("HSET", keys.meta(boards.current(boards.GLOBAL)), *pairs)])


def stand() -> Stand:
    """Where the ranks of the board `global` stand."""
    (told,) = stands([boards.current(boards.GLOBAL)]).values()
    assert told is not None
    return told


def are_those_of_the_ledger() -> bool:
    """Whether the ranks of the board `global` are those that the ledger gives, each name and total of them."""
    page = reads.top(boards.GLOBAL, limit=10_000)
    shown = Standing.objects.filter(window__board__slug=boards.GLOBAL, hidden=False).order_by("sort_key", "user_id")
    ledger = list(shown.values_list("user_id", "user__username", "total_score"))
    return page.source == "ranks" and [(row.user_id, row.username, row.total_score) for row in page.rows] == ledger


def ranks_keys() -> list[str]:
    """Every key of the ranks of the board `global`."""
    return [key for found in valkey().keys_matching("*") for key in found if key.startswith("{global:all}")]
