"""The API keeps to its own description, whatever it is asked: no defect, no undocumented status, no other shape."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import Target, fuzz, target

pytestmark = pytest.mark.timeout(300)

#: Per operation. `just fuzz` asks far more.
_EXAMPLES = 5


@pytest.fixture(scope="module")
def server() -> Iterator[Target]:
    with tempfile.TemporaryDirectory(prefix="rankcast-fuzz-", ignore_cleanup_errors=True) as data:
        if os.geteuid() == 0:
            Path(data).chmod(0o711)  # root's servers run as another account, which must pass through
        with target(Path(data)) as started:
            yield started


@pytest.mark.parametrize("who", ["api_key", "access_token"])
def test_answers_are_as_described(server: Target, who: str) -> None:
    seed = random.SystemRandom().randrange(2**32)

    outcome = fuzz(server.url, getattr(server, who), examples=_EXAMPLES, seed=seed)

    assert not outcome.failed, outcome.report
    assert outcome.cases > 500
