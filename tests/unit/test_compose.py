"""docker-compose.yml sets what the code reads, and opens nothing to the world by itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
OURS = ("migrate", "web", "worker")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    parsed: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed["services"]


def test_our_services_set_known_variables_only(services: dict[str, dict[str, Any]]) -> None:
    known = set(re.findall(r"^### (\S+)$", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))

    assert {name for service in OURS for name in services[service]["environment"]} - known == set()
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"} <= set(services["web"]["environment"])


def test_ports_are_published_on_loopback_only(services: dict[str, dict[str, Any]]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]

    assert published != []
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_whoever_waits_waits_for_health_or_completion(services: dict[str, dict[str, Any]]) -> None:
    waits = [
        (name, on, how["condition"]) for name in services for on, how in services[name].get("depends_on", {}).items()
    ]

    assert waits != []
    for _, on, condition in waits:
        assert condition == "service_completed_successfully" or "healthcheck" in services[on]


def test_valkey_evicts_nothing(services: dict[str, dict[str, Any]]) -> None:
    command = services["valkey"]["command"]

    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
