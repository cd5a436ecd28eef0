"""Somebody at a browser without JavaScript: loads pages, fills in their forms, sends them as they are."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client as Browser

from tests.accounts import HERE, PASSWORD, account

ACCOUNT = "/account/"
LOGIN = "/account/login/"
SIGNUP = "/account/signup/"
SESSION_COOKIE = "sessionid"

_FORM = re.compile(r'<form class="fields[^>]*>(?P<inner>.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="(?P<name>\w+)" value="(?P<value>[^"]*)"')
_TAG = re.compile(r"<[^>]+>")


@dataclass(slots=True)
class Visitor:
    """One browser with its cookies. Forged requests are refused, as in production."""

    browser: Browser = field(default_factory=lambda: Browser(enforce_csrf_checks=True, REMOTE_ADDR=HERE))

    @classmethod
    def logged_in(cls, username: str = "alice", password: str = PASSWORD) -> Visitor:
        """A new player's visitor, logged in."""
        account(username, password)
        visitor = cls()
        response = visitor.log_in(username, password)
        assert response.status_code == 302, response.content
        return visitor

    def get(self, path: str) -> Any:
        """The response to a question."""
        return self.browser.get(path)

    def read(self, path: str) -> str:
        """The words of a page that is there."""
        response = self.get(path)
        assert response.status_code == 200, response.status_code
        return words(response)

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of the form on a page."""
        return hidden(self.get(path))

    def send(self, path: str, **entered: str) -> Any:
        """The response to the form on that page, filled in."""
        return self.browser.post(path, self.form(path) | entered)

    def log_in(self, username: str = "alice", password: str = PASSWORD) -> Any:
        """The response to the login."""
        return self.send(LOGIN, username=username, password=password)

    def log_out(self) -> Any:
        """The response to the button that every page of the account has."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(ACCOUNT).content.decode())
        assert token is not None
        return self.browser.post("/account/logout/", {"csrfmiddlewaretoken": token[1]})

    @property
    def session_key(self) -> str | None:
        """What the cookie of the session holds."""
        cookie = self.browser.cookies.get(SESSION_COOKIE)
        return cookie.value if cookie else None

    def is_logged_in(self) -> bool:
        """Whether the account opens."""
        return bool(self.get(ACCOUNT).status_code == 200)


def hidden(response: Any) -> dict[str, str]:
    """The hidden fields of the form in a response."""
    form = _FORM.search(response.content.decode())
    assert form is not None, "no form"
    return {found["name"]: html.unescape(found["value"]) for found in _HIDDEN.finditer(form["inner"])}


def words(response: Any) -> str:
    """What a reader of a page reads, in one line."""
    page = response.content.decode()
    return " ".join(html.unescape(_TAG.sub(" ", page[page.index("<main") : page.index("</main>")])).split())
