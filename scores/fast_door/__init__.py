"""The fast door: the few hot requests, answered on the event loop past Django, by the same rules.

`heads` says which requests it serves, `submits` and `reads` answer them, and `door` leaves everything
else to Django. Why it is bare ASGI: docs/decisions/0011.
"""

from __future__ import annotations

from scores.fast_door.door import FastDoor

__all__ = ["FastDoor"]
