"""What the garbage collector is told when a process may serve."""

from __future__ import annotations

import subprocess
import sys

_IN_A_PROCESS_OF_ITS_OWN = """
import gc
from leaderboard_project import garbage

garbage.settle()
frozen = gc.get_freeze_count()
class Knot: ...
knot = Knot()
knot.itself = knot
del knot
assert frozen > 1_000
assert gc.collect() > 0, "what is made from now on is collected as ever"
assert gc.get_freeze_count() <= frozen
"""


def test_what_was_loaded_is_left_out_and_what_comes_is_collected() -> None:
    # It cannot be taken back, so not in the process of the tests.
    subprocess.run([sys.executable, "-c", _IN_A_PROCESS_OF_ITS_OWN], check=True)
