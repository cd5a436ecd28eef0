"""The first step of a coroutine, taken by hand: what does not wait needs no task."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any


def begin(sending: Awaitable[None]) -> Coroutine[Any, Any, None] | None:
    """Take the first step of a send; what is left of it, or None when it is done.

    A task for each socket and frame would cost more than the frame. Python 3.12 has eager tasks
    for this; until then the first step is taken by hand, and only a send that has to wait goes on
    as a task.
    """
    steps = sending.__await__()
    try:
        waits_for = next(steps)
    except StopIteration:
        return None
    except OSError:
        return None  # the peer has gone; the socket's reader hears of it as `websocket.disconnect`
    return _finish(steps, waits_for)


async def _finish(steps: Generator[Any, Any, None], waits_for: Any) -> None:
    """Go on with a send whose first step waits for `waits_for`."""
    await _Rest(steps, waits_for)


class _Rest:
    """The awaitable rest of a coroutine that has been started by hand."""

    def __init__(self, steps: Generator[Any, Any, None], waits_for: Any) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        while True:
            step: Callable[[], Any]
            try:
                step = partial(self._steps.send, (yield waits_for))
            except BaseException as error:  # noqa: BLE001 - a cancellation, too, belongs to the coroutine inside
                step = partial(self._steps.throw, error)
            try:
                waits_for = step()
            except StopIteration:
                return
