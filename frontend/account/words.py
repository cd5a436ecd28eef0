"""What the account's pages say about time and about receipts. Pure."""

from __future__ import annotations

from typing import Final

from scores.ledger import Receipt

_NOT_COUNTED: Final = {
    "held": "A moderator looks at it before it counts.",
    "voided": "A moderator has voided it: it does not count.",
    "banned": "It is written down, and counts when your ban ends.",
}


def after(seconds: int) -> str:
    """When to try again.

    >>> after(1), after(40), after(61)
    ('in 1 second', 'in 40 seconds', 'in 2 minutes')
    """
    if seconds > 60:
        return f"in {-(-seconds // 60)} minutes"
    return "in 1 second" if seconds == 1 else f"in {seconds} seconds"


def receipt_in_words(receipt: Receipt) -> str:
    """What became of a session that the player submitted, and where it brought them."""
    points = "1 point" if receipt.score == 1 else f"{receipt.score:,} points"
    session = f"{points} in {receipt.game_mode}"
    said = f"Submitted before, so it counts once: {session}." if receipt.replayed else f"Submitted: {session}."
    return f"{said} {_NOT_COUNTED.get(receipt.status) or _place(receipt)}"


def _place(receipt: Receipt) -> str:
    total = f"Your total is {receipt.total_score:,}"
    return f"{total}, your rank {receipt.rank:,}." if receipt.rank is not None else f"{total}. Your rank follows soon."
