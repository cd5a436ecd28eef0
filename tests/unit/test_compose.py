"""docker-compose.yml sets what the code reads, confines what it runs, and opens nothing to the world by itself."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests import compose

SECRETS = {"SECRET_KEY": "k", "POSTGRES_PASSWORD": "p", "VALKEY_PASSWORD": "v"}
OURS = ("migrate", "web-1", "web-2", "worker")
#: Settings that a container has no use for: the embedded servers, development, tests, and a command of its own.
NOT_IN_CONTAINERS = {"RANKCAST_API_KEY", "RANKCAST_DATA", "RANKCAST_DEBUG", "RANKCAST_FAILPOINTS", "RANKCAST_HTTPS"}


@pytest.fixture(scope="module")
def file() -> dict[str, Any]:
    return compose.filled_in(SECRETS)


@pytest.fixture(scope="module")
def services(file: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = file["services"]
    return found


def settings() -> set[str]:
    """Every variable that the code reads: test_docs.py holds this document to it."""
    return set(re.findall(r"^### (\S+)$", (compose.ROOT / "docs/settings.md").read_text(), re.MULTILINE))


def set_in_image() -> set[str]:
    return set(re.findall(r"\b(RANKCAST_\w+)=", (compose.ROOT / "Dockerfile").read_text()))


def test_our_services_set_every_setting_and_nothing_else(services: dict[str, dict[str, Any]]) -> None:
    for name in OURS:
        assert set(services[name]["environment"]) | set_in_image() == settings() - NOT_IN_CONTAINERS


def test_what_the_file_takes_from_outside_is_a_setting_or_explained(services: dict[str, dict[str, Any]]) -> None:
    assert compose.variables() - settings() <= set(compose.examples())
    assert set(compose.examples()) <= compose.variables()


@pytest.mark.parametrize("missing", SECRETS)
def test_nothing_starts_without_its_secrets(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        compose.filled_in({name: value for name, value in SECRETS.items() if name != missing})


def test_no_secret_has_a_default_or_an_example() -> None:
    assert [name for name in SECRETS if compose.examples()[name]] == []
    assert [name for name in SECRETS if f"${{{name}:-" in compose.TEXT] == []


def test_everybody_is_in_production(services: dict[str, dict[str, Any]]) -> None:
    assert {services[name]["environment"]["RANKCAST_PRODUCTION"] for name in OURS} == {"1"}


def test_the_web_processes_are_alike_and_believe_the_proxy_alone(services: dict[str, dict[str, Any]]) -> None:
    assert services["web-1"] == services["web-2"]
    address = services["proxy"]["networks"]["front"]["ipv4_address"]
    assert services["web-1"]["environment"]["RANKCAST_TRUSTED_PROXIES"] == address


def test_the_proxy_knows_both_web_processes() -> None:
    caddyfile = (compose.ROOT / "Caddyfile").read_text()

    assert "reverse_proxy web-1:8000 web-2:8000 {" in caddyfile
    assert set(re.findall(r"\{\$(\w+)", caddyfile)) == {"SITE_HOST"}


def test_only_the_proxy_is_published_and_on_loopback(services: dict[str, dict[str, Any]]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}

    assert list(published) == ["proxy"]
    assert all(port.startswith("127.0.0.1:") for port in published["proxy"])


def test_servers_are_reached_from_inside_only(file: dict[str, Any]) -> None:
    assert file["networks"]["back"] == {"internal": True}
    for name in ("postgresql", "valkey", "worker", "migrate"):
        assert file["services"][name]["networks"] == ["back"]


def test_everything_that_stays_is_confined(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert {name: service["cap_add"] for name, service in services.items() if "cap_add" in service} == {
        "proxy": ["NET_BIND_SERVICE"]
    }


def test_nothing_that_holds_data_runs_as_root(services: dict[str, dict[str, Any]]) -> None:
    dockerfile = (compose.ROOT / "Dockerfile").read_text()

    assert re.search(r"^USER (\S+)$", dockerfile, re.MULTILINE)[1] == "10001"  # type: ignore[index]
    assert (services["postgresql"]["user"], services["valkey"]["user"]) == ("postgres", "valkey")


def test_whatever_stays_says_whether_it_is_well(services: dict[str, dict[str, Any]]) -> None:
    staying = {name: service for name, service in services.items() if service["restart"] == "unless-stopped"}

    assert set(services) - set(staying) == {"migrate"}
    assert [name for name, service in staying.items() if "healthcheck" not in service] == []
    assert [name for name, service in staying.items() if "limits" not in service["deploy"]["resources"]] == []


def test_whoever_waits_waits_for_health_or_completion(services: dict[str, dict[str, Any]]) -> None:
    waits = [
        (on, how["condition"]) for service in services.values() for on, how in service.get("depends_on", {}).items()
    ]

    assert len(waits) == 9
    for on, condition in waits:
        wanted = "service_completed_successfully" if on == "migrate" else "service_healthy"
        assert condition == wanted


def test_images_are_pinned_to_a_major(services: dict[str, dict[str, Any]]) -> None:
    images = {service["image"] for service in services.values()} - {"rankcast"}
    stages = set(re.findall(r"(?:FROM |--from=)(\S+:\S+)", (compose.ROOT / "Dockerfile").read_text()))

    assert all(re.search(r":\d+(\.\d+)?(-slim)?$", image) for image in images | stages)


def test_valkey_evicts_nothing_and_shows_its_password_to_nobody(services: dict[str, dict[str, Any]]) -> None:
    script = services["valkey"]["command"][2]

    assert "--maxmemory-policy noeviction" in script
    assert script.startswith("exec valkey-server ")  # signals reach the server, not a shell
    assert '\nrequirepass "$REDISCLI_AUTH"\n' in script
