"""What a comparison came to, and how far it is. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_EXAMPLES: Final = 10

#: Told now and then: what is compared, how many rows so far, and of how many where that is known.
Progress = Callable[[str, int, int | None], None]


@dataclass(slots=True)
class Tally:
    """What one part of the comparison came to."""

    what: str
    compared: int = 0
    differences: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, sentence: str) -> None:
        """One more difference; the first few are kept in words."""
        self.differences += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(sentence)


@dataclass(frozen=True, slots=True)
class Report:
    """What the whole comparison came to."""

    tallies: tuple[Tally, ...]

    @property
    def differences(self) -> int:
        """How many there are."""
        return sum(tally.differences for tally in self.tallies)

    @property
    def examples(self) -> list[str]:
        """The first of them, in words."""
        return [sentence for tally in self.tallies for sentence in tally.examples][:_EXAMPLES]
