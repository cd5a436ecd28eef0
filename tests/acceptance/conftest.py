"""Data directories that are thrown away, and one `serve` that the quieter tests share."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.serving import Serving, new_api_key

Start = Callable[..., Serving]


@contextmanager
def _directory() -> Iterator[Path]:
    data = Path(tempfile.mkdtemp(prefix="rankcast-acceptance-"))
    if os.geteuid() == 0:
        data.chmod(0o711)  # root's servers run as another account, which must pass through
    try:
        yield data
    finally:
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory of one test."""
    with _directory() as directory:
        yield directory


@pytest.fixture
def start(data: Path) -> Iterator[Start]:
    """Starts `serve` on the test's data directory, as often as the test likes."""
    begun: list[Serving] = []

    def begin(*arguments: str, **how: Any) -> Serving:
        begun.append(Serving.started(data, *arguments, **how))
        return begun[-1]

    yield begin
    for serving in begun:
        serving.discard()


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """A `serve` that is ready, shared by the tests of a module."""
    with _directory() as directory:
        shared = Serving.started(directory)
        yield shared
        shared.discard()


@pytest.fixture(scope="module")
def api_key(serving: Serving) -> str:
    """A key to the shared `serve`."""
    return new_api_key(serving.data)
