"""The page's JavaScript, tested by Node's own runner, so that one command covers both languages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
OLDEST_NODE = 20


def _node() -> str | None:
    """A Node that can run the tests, or None."""
    node = shutil.which("node")
    if node is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    major = re.match(r"v(\d+)\.", version)
    return node if major and int(major[1]) >= OLDEST_NODE else None


@pytest.mark.timeout(120)
def test_the_javascript_of_the_page_passes_its_own_tests() -> None:
    node = _node()
    if node is None:
        pytest.skip(f"needs Node.js {OLDEST_NODE} or newer")
    files = sorted(str(file) for file in (ROOT / "tests" / "javascript").glob("*.test.js"))
    # An inherited NODE_OPTIONS (a debugger, a loader) would change what runs.
    environment = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"}

    run = subprocess.run(
        [node, "--test", *files], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=100
    )

    assert files
    assert run.returncode == 0, run.stdout + run.stderr
