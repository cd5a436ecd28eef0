"""Signing up, logging in and changing passwords, below the API."""

from __future__ import annotations

import pytest

from scores import accounts
from scores.accounts import bearers, families
from scores.accounts.errors import InvalidToken, NameTaken, WrongCredentials

pytestmark = pytest.mark.usefixtures("committed")
HERE = "192.0.2.1"
PASSWORD = "correct horse battery"


def test_who_signs_up_can_log_in() -> None:
    dora = accounts.signup("Dora", PASSWORD, address=HERE)

    assert accounts.login("Dora", PASSWORD, address=HERE) == dora
    assert accounts.login("dora", PASSWORD, address=HERE) == dora
    with pytest.raises(WrongCredentials):
        accounts.login("Dora", PASSWORD + "!", address=HERE)
    with pytest.raises(NameTaken):
        accounts.signup("dorA", PASSWORD, address=HERE)
    pair = families.begin(dora)
    assert bearers.verify(pair.access_token).player == dora
    new = families.refresh(pair.refresh_token, address=HERE)
    with pytest.raises(InvalidToken):
        families.refresh(pair.refresh_token, address=HERE)
    with pytest.raises(InvalidToken):
        families.refresh(new.refresh_token, address=HERE)
    accounts.change_password(dora, PASSWORD, PASSWORD + "2", address=HERE)
    assert accounts.login("dora", PASSWORD + "2", address=HERE) == dora
