"""Handles of invented players."""

from __future__ import annotations

import random
from collections.abc import Callable

_FIRST = """
    amber arctic brisk cobalt cosmic crimson dusty echo ember feral fuzzy ghost golden hollow hyper icy jade jolly
    lazy lucky lunar mango mellow midnight misty neon nimble nova onyx pale paper pixel polar quick quiet rapid
    rogue rusty salty shady silent silver sleepy solar sonic steel stormy sunny swift tiny turbo velvet violet wild
    wooly
"""
_SECOND = """
    acorn badger bandit bee beetle biscuit bison cactus comet condor coyote dingo drifter falcon ferret fox gecko
    glider goose hare heron hornet ibis jackal kestrel kiwi koala lemur lynx mantis marmot moth newt nomad ocelot
    orbit otter owl panda pebble pika pirate puffin quokka rabbit raven rook salmon shrike sparrow squid stoat tapir
    thistle tiger toad viper walrus weasel wizard wolf wombat yak zebra
"""
_GIVEN = """
    ada aiko alba amir anouk ben bruno cleo dara diego ebba elif emil eszter fadi femke gwen hana hugo ines ivo jana
    joao juno kaan kai kofi lena leo lior luca maja marek mila mira nadia nils noor olga oskar paula petra quentin
    rafa rhea rosa sami selma tariq theo tove uma vera wanda xenia yara yuki zoe
"""

_Style = Callable[[random.Random, str, str, str], str]
_STYLES: tuple[_Style, ...] = (
    lambda rng, first, second, given: first.title() + second.title(),
    lambda rng, first, second, given: f"{first}_{second}",
    lambda rng, first, second, given: f"{second.title()}{rng.randint(2, 99)}",
    lambda rng, first, second, given: f"{given}.{second}",
    lambda rng, first, second, given: f"{given}{rng.randint(80, 99)}",
    lambda rng, first, second, given: f"{first}{given.title()}",
    lambda rng, first, second, given: f"the_{first}_{second}",
    lambda rng, first, second, given: f"{given.title()}_{first}",
    lambda rng, first, second, given: second.replace("o", "0").replace("e", "3") + given[:1].upper(),
)


def handles(count: int, rng: random.Random) -> list[str]:
    """`count` different handles, no two alike but for their case; the same for the same state of `rng`."""
    first, second, given = _FIRST.split(), _SECOND.split(), _GIVEN.split()
    found: dict[str, str] = {}
    while len(found) < count:
        style = rng.choice(_STYLES)
        handle = style(rng, rng.choice(first), rng.choice(second), rng.choice(given))
        found.setdefault(handle.casefold(), handle)
    return list(found.values())
