"""`serve --demo`: a board that moves, and what a newcomer needs to get in."""

from __future__ import annotations

import re
import signal

import httpx

from tests.acceptance.conftest import Start
from tests.acceptance.processes import descendants, living
from tests.acceptance.serving import eventually


def test_the_demo_plays_tells_how_to_get_in_and_stops_with_serve(start: Start) -> None:
    serving = start("--demo")

    assert eventually(lambda: len(serving.totals()) >= 5, within_s=30)
    assert eventually(lambda: len(serving.output) == 3, within_s=5)
    key = re.search(r"rk_\S+", serving.output[1])
    password = re.search(r"password (\S+)", serving.output[2])
    assert key is not None
    assert password is not None
    assert serving.submit(key[0], "alice", 3)["total_score"] == 3
    assert _may_log_in(serving.url, password[1])

    children = list(descendants(serving.process.pid))
    assert serving.end(signal.SIGINT) == 0
    assert living(children) == []


def _may_log_in(url: str, password: str) -> bool:
    with httpx.Client(base_url=url, follow_redirects=True) as browser:
        form = browser.get("admin/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
        assert token is not None
        entered = browser.post(
            str(form.url), data={"username": "admin", "password": password, "csrfmiddlewaretoken": token[1]}
        )
        return entered.status_code == 200 and "Log out" in entered.text
