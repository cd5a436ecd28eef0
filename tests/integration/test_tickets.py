"""Players who open sockets: by a one-time ticket, or by an access token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from realtime import admission
from scores.accounts import families, tickets
from scores.accounts.errors import InvalidToken, Throttled
from scores.accounts.limits import Rate
from scores.models import Player
from scores.valkey import valkey
from tests.accounts import account, at_once, nobody_counts, post, tokens
from tests.integration.live import Server, in_thread, serving, tab
from tests.ledger import make_ranks


@pytest.fixture
def server(committed: None) -> Iterator[Server]:
    make_ranks()
    with serving() as running_server:
        yield running_server


@pytest.fixture
def dora(committed: None) -> Player:
    """A player with an account."""
    return account("dora")


def handshake(query: str = "", *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"scheme": "ws", "headers": list(headers), "query_string": query.encode()}


def test_a_ticket_is_good_once_for_half_a_minute(dora: Player) -> None:
    response = post("ticket", token=tokens("dora")["access_token"])
    ticket = response.json()["ticket"]

    assert (response.status_code, response.json()["expires_in"], len(ticket)) == (200, 30, 43)
    [key] = [key for found in valkey().keys_matching("accounts:ticket:*") for key in found]
    assert ticket not in key
    assert 0 < valkey().commands([("TTL", key)])[0] <= 30
    assert tickets.redeem(ticket) == dora.pk
    with pytest.raises(InvalidToken):
        tickets.redeem(ticket)


def test_of_many_who_race_with_one_ticket_one_gets_in(dora: Player) -> None:
    ticket = tickets.issue(dora.pk).secret

    outcomes = at_once(lambda: tickets.redeem(ticket), times=8)

    assert sum(outcome == dora.pk for outcome in outcomes) == 1
    assert sum(isinstance(outcome, InvalidToken) for outcome in outcomes) == 7


def test_tickets_are_not_hoarded(dora: Player, settings: Any) -> None:
    settings.ACCOUNTS = {"ticket_by_player": Rate(2, 0.001)}
    tickets.issue(dora.pk)
    tickets.issue(dora.pk)

    with pytest.raises(Throttled):
        tickets.issue(dora.pk)


async def test_a_program_opens_a_socket_with_a_ticket_once(server: Server, dora: Player) -> None:
    ticket = (await in_thread(tickets.issue, dora.pk)).secret

    async with tab(server, origin=None, query=f"?ticket={ticket}") as program:
        await program.watches()

    with pytest.raises(InvalidStatus) as refused:
        async with tab(server, origin=None, query=f"?ticket={ticket}"):
            pass
    assert refused.value.response.status_code == 403


async def test_a_program_opens_a_socket_with_an_access_token(server: Server, dora: Player) -> None:
    pair = await in_thread(families.begin, dora)

    for _ in range(2):
        authorization = {"Authorization": f"Bearer {pair.access_token}"}
        async with tab(server, origin=None, additional_headers=authorization) as program:
            await program.watches()


async def test_a_page_of_ours_may_show_a_ticket_and_it_must_be_good(server: Server, dora: Player) -> None:
    ticket = (await in_thread(tickets.issue, dora.pk)).secret

    async with tab(server, query=f"?ticket={ticket}") as viewer:
        await viewer.watches()
    with pytest.raises(InvalidStatus) as refused:
        async with tab(server, query=f"?ticket={ticket}"):
            pass

    assert refused.value.response.status_code == 403


async def test_a_foreign_page_gets_in_with_no_ticket_and_spends_none(dora: Player) -> None:
    ticket = (await in_thread(tickets.issue, dora.pk)).secret
    foreign = [(b"host", b"localhost"), (b"origin", b"https://evil.example")]

    with pytest.raises(admission.Refused):
        await admission.admit(handshake(f"ticket={ticket}", *foreign))

    assert (await admission.admit(handshake(f"ticket={ticket}"))).user_id == dora.pk


async def test_who_opens_a_socket_is_known_by_what_they_show(dora: Player) -> None:
    pair = await in_thread(families.begin, dora)
    page = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    ticket = (await in_thread(tickets.issue, dora.pk)).secret

    assert await admission.admit(handshake("", *page)) == admission.Opener(None)
    assert await admission.admit(handshake(f"x=1&ticket={ticket}", *page)) == admission.Opener(dora.pk)
    bearer = (b"authorization", f"bearer {pair.access_token}".encode())
    assert await admission.admit(handshake("", bearer)) == admission.Opener(dora.pk)
    # A proxy in front of ours may ask its visitors for a password of its own.
    basic = (b"authorization", b"Basic YWxpY2U6YWxpY2U=")
    assert await admission.admit(handshake("", basic, *page)) == admission.Opener(None)


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", []),
        ("ticket=", []),
        ("ticket=" + "a" * 43, []),
        ("ticket=" + "a" * 100_000, []),
        ("ticket=%00%ff", []),
        ("ticket=a&ticket=b", []),
        ("", [(b"authorization", b"Bearer abc.def.ghi")]),
        ("", [(b"authorization", b"Bearer")]),
        ("", [(b"authorization", b"Bearer \xff")]),
        ("", [(b"authorization", b"Basic YWxpY2U6YWxpY2U=")]),
        ("ticket=a", [(b"host", b"localhost"), (b"origin", b"http://localhost")]),
    ],
)
@pytest.mark.usefixtures("committed")
async def test_what_is_not_good_opens_nothing(query: str, headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(admission.Refused):
        await admission.admit(handshake(query, *headers))


async def test_two_tickets_or_a_ticket_and_a_token_are_one_too_many(dora: Player) -> None:
    pair = await in_thread(families.begin, dora)
    first, second = [(await in_thread(tickets.issue, dora.pk)).secret for _ in range(2)]

    for scope in (
        handshake(f"ticket={first}&ticket={second}"),
        handshake(f"ticket={first}", (b"authorization", f"Bearer {pair.access_token}".encode())),
    ):
        with pytest.raises(admission.Refused):
            await admission.admit(scope)
    assert (await admission.admit(handshake(f"ticket={first}"))).user_id == dora.pk


async def test_while_nobody_can_tell_a_ticket_opens_nothing(dora: Player) -> None:
    ticket = (await in_thread(tickets.issue, dora.pk)).secret

    with nobody_counts(), pytest.raises(admission.Refused):
        await admission.admit(handshake(f"ticket={ticket}"))


async def test_a_login_that_has_ended_opens_nothing(dora: Player) -> None:
    pair = await in_thread(families.begin, dora)
    await in_thread(families.end, pair.refresh_token)

    with pytest.raises(admission.Refused):
        await admission.admit(handshake("", (b"authorization", f"Bearer {pair.access_token}".encode())))
