"""What clients asked and what they were told, in order: the only witness the checker believes beside the stores."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO

import msgspec

#: invoke: it was sent. ok: recorded, with a receipt. fail: surely not recorded. info: nobody can tell.
Kind = Literal["invoke", "ok", "fail", "info"]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a history. Each session has a key of its own, which is also its game mode: the ledger
    can be searched for it without a look at the keys."""

    kind: Kind
    key: str
    at: float = 0.0
    door: str = ""
    #: What was sent: with `invoke`.
    session: dict[str, Any] = field(default_factory=dict)
    #: What came back: with `ok`.
    receipt: dict[str, Any] = field(default_factory=dict)
    #: Whether the answer says that the session was recorded before.
    replayed: bool = False
    #: Status and code, or what became of the connection: with `fail` and `info`.
    why: str = ""


class History:
    """Events as they happen, kept in a file of JSON lines as well. Thread-safe."""

    def __init__(self, path: Path | None = None) -> None:
        """Begin; in `path` a history can be read again when something was found."""
        self.events: list[Event] = []
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None
        self._writing = threading.Lock()

    def tell(self, kind: Kind, key: str, **more: Any) -> None:
        """Something happens to the session of that key, now."""
        event = Event(kind, key, time.monotonic(), **more)
        with self._writing:
            self.events.append(event)
            if self._file is not None:
                self._file.write(msgspec.json.encode(asdict(event)).decode() + "\n")

    def acknowledged(self) -> int:
        """How many answers told of a session that is recorded."""
        return sum(event.kind == "ok" for event in self.events)

    def unavailable(self) -> int:
        """How many answers told that the server cannot record anything now."""
        return sum(event.why.startswith("5") for event in self.events)

    def first_ok_after(self, moment: float) -> float | None:
        """When the first session that was begun after `moment` was acknowledged."""
        begun = {event.key for event in self.events if event.kind == "invoke" and event.at >= moment}
        return next((e.at for e in self.events if e.kind == "ok" and e.at >= moment and e.key in begun), None)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
