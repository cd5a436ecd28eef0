"""docker-compose.yml as Docker Compose understands it: merged, and with its variables filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text()

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<word>[^}]*))?\}")


def variables() -> set[str]:
    """Every variable that the file takes from the environment or from `.env`."""
    return {found["name"] for found in _VARIABLE.finditer(TEXT) if found["name"]}


def filled_in(environment: Mapping[str, str]) -> dict[str, Any]:
    """The whole file with the variables' values; KeyError for a missing one that is wanted."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        given = environment.get(found["name"], "")
        if not given and found["how"] == ":?":
            raise KeyError(found["name"])
        return given or (found["word"] or "" if found["how"] == ":-" else "")

    def fill(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: fill(under) for key, under in node.items()}
        if isinstance(node, list):
            return [fill(item) for item in node]
        return _VARIABLE.sub(value, node) if isinstance(node, str) else node

    read: dict[str, Any] = fill(yaml.safe_load(TEXT))
    return read


def examples() -> dict[str, str]:
    """The lines of .env.example."""
    return dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))


def image_command() -> list[str]:
    """What a container of the image runs unless it is told otherwise."""
    found = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert found is not None
    command: list[str] = json.loads(found[1])
    return command
