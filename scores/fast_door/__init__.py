"""The fast door: the few hot requests, answered on the event loop past Django, by the same rules.

`heads` says which requests it serves, `submits` and `reads` answer them, and `door` leaves everything
else to Django. Why it is bare ASGI: docs/decisions/0011.
"""

from __future__ import annotations

from scores.fast_door.answers import Answer, headers_of, told
from scores.fast_door.door import Admitted, FastDoor
from scores.fast_door.heads import Head, once
from scores.fast_door.submits import Submits
from scores.fast_door.waiting import Waiting

__all__ = ["Admitted", "Answer", "FastDoor", "Head", "Submits", "Waiting", "headers_of", "once", "told"]
