"""Docs that cannot lie: what the code reads is described where people look for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("leaderboard_project", "scores", "realtime", "frontend")

_READS = re.compile(r"""(?:env\.\w+\(|environ(?:\.get\(|\[|\.setdefault\())\s*["']([A-Z_]+)["']""")
_INTERNAL = {"DJANGO_SETTINGS_MODULE"}  # and RANKCAST_PARENT_PIPE, which only `serve` sets


def _variables() -> set[str]:
    texts = [path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {name for text in texts for name in _READS.findall(text)} - _INTERNAL


def _headings(document: str) -> set[str]:
    return set(re.findall(r"^### (\S+)$", (ROOT / document).read_text(), re.MULTILINE))


def test_each_environment_variable_has_a_heading_and_each_heading_a_variable() -> None:
    assert _headings("docs/settings.md") == _variables()


@pytest.mark.parametrize("document", [path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")])
def test_links_between_documents_lead_somewhere(document: str) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", (ROOT / document).read_text())

    assert [target for target in targets if not (ROOT / document).parent.joinpath(target).exists()] == []


def test_files_that_the_architecture_names_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"\b((?:scores|realtime|frontend|leaderboard_project|tests)/[\w./]*)", text))

    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_lock_files_name_no_host_but_the_public_ones_and_no_path_outside_of_the_repository() -> None:
    uv = (ROOT / "uv.lock").read_text()
    npm = (ROOT / "package-lock.json").read_text()

    hosts = set(re.findall(r"\w+://([^/\"]+)", uv))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}
    assert "file:" not in uv + npm
    assert '"resolved"' not in npm
    assert re.findall(r"(?:path|directory|editable) = (.*?) *[,}\n]", uv) == ['"clients/python"'] * 2
