"""The two signals of the road: what the ledger committed, and which visible tops changed.

Both are sent with `send_robust`, after the commit, from whatever thread made it: a receiver must
not block on the network for long and must not touch the open transaction (there is none any more).
"""

from __future__ import annotations

from django.dispatch import Signal

#: Sent once per committed ledger transaction, by `scores.ledger` only.
#: `committed`: a `scores.changes.Committed`. The ranking receiver returns a `Projection`,
#: from which the receipts take their ranks.
standings_committed = Signal()

#: Sent once per board window whose visible top changed, by `scores.ranking` only.
#: `change`: a `scores.rows.BoardChange`, exactly one step of `seq`.
board_changed = Signal()
