"""The quick start does what it says: every snippet is run, in order, against a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import pytest

from tests.acceptance.serving import Serving, new_api_key

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/quick-start.md").read_text()
#: In place of `pip install`, which needs a network.
CLIENT = ROOT / "clients/python"
NODE = shutil.which("node")
_PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class Snippet:
    """One fenced block of the document."""

    section: str
    language: str
    text: str

    @property
    def setting_up(self) -> bool:
        """Whether it is what the fixture has done already."""
        return self.section == "A server and a key"

    @property
    def is_live(self) -> bool:
        """Whether it goes on until it is stopped."""
        return self.section == "Watch it live"

    def command(self, directory: Path) -> list[str]:
        """How to run it."""
        if self.language == "sh":
            return ["bash", "-euo", "pipefail", "-c", self.text]
        if self.language == "python":
            return [sys.executable, "-u", "-W", "error", "-c", self.text]
        assert NODE is not None
        script = directory / "snippet.mjs"
        script.write_text(self.text)
        return [NODE, *_websocket_flags(), str(script)]


def _websocket_flags() -> list[str]:
    assert NODE is not None
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    return ["--no-warnings", "--experimental-websocket"] if int(version[1:].partition(".")[0]) < 22 else []


def snippets() -> list[Snippet]:
    found = []
    for section in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0]
        blocks = re.findall(r"^```(sh|python|js)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        found += [Snippet(title, language, text) for language, text in blocks]
    return found


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="rankcast-quick-start-", ignore_cleanup_errors=True) as data:
        if os.geteuid() == 0:
            Path(data).chmod(0o711)  # root's servers run as another account, which must pass through
        serving = Serving.started(Path(data))
        try:
            key = new_api_key(Path(data))
            own = {"RANKCAST_URL": serving.url.rstrip("/"), "RANKCAST_KEY": key, "PYTHONPATH": str(CLIENT)}
            yield {**os.environ, **own}
        finally:
            serving.discard()


def test_there_is_a_snippet_in_each_language_for_each_task() -> None:
    by_section: dict[str, list[str]] = {}
    for snippet in snippets():
        by_section.setdefault(snippet.section, []).append(snippet.language)

    assert by_section == {
        "A server and a key": ["sh", "sh", "sh"],
        "Submit a session": ["sh"],
        "Send it again, safely": ["python", "js"],
        "Many at once": ["sh", "python", "js"],
        "Python, with a client": ["python", "python"],
        "Read the board": ["sh", "python", "js"],
        "Watch it live": ["python", "js"],
    }


def test_the_snippets_do_what_the_page_says(environment: dict[str, str], tmp_path: Path) -> None:
    said = [
        _said(snippet, environment, tmp_path)
        for snippet in snippets()
        if not snippet.setting_up and not snippet.is_live and (snippet.language != "js" or NODE)
    ]

    told = "\n".join(said)
    assert '"score":50,"game_mode":"survival"' in told
    assert "ada has 100 points and rank " in told
    assert "100 of 100 are recorded" in told
    assert "linus has 50 points and rank " in told
    assert "1000 receipts over one socket" in told
    assert "ada is number " in told
    if NODE:
        assert "grace has 70 points and rank " in told
        assert "[ 201, 201 ]" in told


def _said(snippet: Snippet, environment: dict[str, str], directory: Path) -> str:
    """What it prints; run twice, for all of them may be repeated."""
    for _ in range(2):
        done = subprocess.run(
            snippet.command(directory),
            env=environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, f"{snippet.text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("language", ["python", "js"])
def test_watchers_see_who_is_in_front(environment: dict[str, str], tmp_path: Path, language: str) -> None:
    if language == "js" and not NODE:
        pytest.skip("needs Node.js")
    [watch] = [snippet for snippet in snippets() if snippet.is_live and snippet.language == language]
    [submit] = [snippet for snippet in snippets() if snippet.section == "Submit a session"]
    leader = f"leader by {language}"
    # Further in front than whoever was there before, in whichever order the tests run.
    text = submit.text.replace("ada", leader).replace("50", str(time.time_ns() // 1_000_000))
    overtake = Snippet(submit.section, "sh", text.replace("match-4711", f"live-{language}"))

    process = subprocess.Popen(watch.command(tmp_path), env=environment, stdout=subprocess.PIPE, text=True)
    lines: Queue[str] = Queue()
    assert process.stdout is not None

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)

    reader = Thread(target=read)
    reader.start()
    try:
        assert lines.get(timeout=_PATIENCE_S).startswith("In front:")
        _said(overtake, environment, tmp_path)
        assert _comes(lines, f"In front: {leader}\n")
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


def _comes(lines: Queue[str], wanted: str) -> bool:
    try:
        while lines.get(timeout=_PATIENCE_S) != wanted:
            pass
    except Empty:
        return False
    return True
