"""The Python client against the real server, over a network on which things go wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rankcast_client import (
    AsyncRankcastClient,
    RankcastClient,
    RankcastError,
    Receipt,
    Refused,
    Retries,
    Session,
    Unavailable,
)

from tests.acceptance.serving import Serving, eventually, manage, new_api_key
from tests.acceptance.storm import stored
from tests.integration.faulty_proxy import LOST_ANSWER, SILENCE, FaultyProxy, faulty, page, told

QUICK = Retries(deadline_s=20, first_pause_s=0.05, longest_pause_s=0.5)


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    with tempfile.TemporaryDirectory(prefix="rankcast-client-", ignore_cleanup_errors=True) as data:
        if os.geteuid() == 0:
            Path(data).chmod(0o711)  # root's servers run as another account, which must pass through
        running = Serving.started(Path(data), "--processes", "1")
        yield running
        running.discard()


@pytest.fixture(scope="module")
def api_key(serving: Serving) -> str:
    return new_api_key(serving.data)


@pytest.fixture(params=["blocking", "awaiting"])
def kind(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names a proxy at which nobody listens."""
    for name in ("http_proxy", "ws_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:1")


class Caller:
    """Either client, called in the same way."""

    def __init__(self, kind: str, url: str, api_key: str | None, **options: Any) -> None:
        self._kind = kind
        self._arguments = (url, api_key)
        self._options: dict[str, Any] = {"retries": QUICK, **options}

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **more: Any) -> Any:
            if self._kind == "blocking":
                with RankcastClient(*self._arguments, **self._options) as client:
                    return getattr(client, name)(*arguments, **more)
            return asyncio.run(self._awaited(name, arguments, more))

        return call

    async def _awaited(self, name: str, arguments: tuple[Any, ...], more: dict[str, Any]) -> Any:
        async with AsyncRankcastClient(*self._arguments, **self._options) as client:
            return await getattr(client, name)(*arguments, **more)


def played(username: str, score: int = 10, **more: Any) -> Session:
    return Session(username=username, score=score, game_mode="survival", **more)


# --- What it is for ----------------------------------------------------------------------------------


def test_a_session_is_recorded_and_found_on_the_boards(serving: Serving, api_key: str, kind: str) -> None:
    caller, name = Caller(kind, serving.url, api_key), f"alice {kind}"
    played_at = datetime(2026, 11, 1, 12, tzinfo=UTC)

    receipt = caller.submit(played(name, 5_000_000, outcome="win", played_at=played_at))
    again = caller.submit(Session(user_id=receipt.user_id, score=1, game_mode="survival"))

    assert (receipt.username, receipt.score, receipt.outcome, receipt.timestamp) == (name, 5_000_000, "win", played_at)
    assert (receipt.status, receipt.replayed, again.total_score) == ("recorded", False, 5_000_001)
    place = caller.rank(receipt.user_id)
    assert (place.username, place.total_score, place.board) == (name, 5_000_001, "global")
    assert name in {row.username for row in caller.top(limit=100).rows}
    assert name in {row.username for row in caller.around(receipt.user_id, limit=3).rows}
    assert [found.user_id for found in caller.players(name)] == [receipt.user_id]


def test_many_sessions_go_in_batches_and_each_has_its_own_outcome(serving: Serving, api_key: str, kind: str) -> None:
    sessions = [played(f"crowd {kind}", 1) for _ in range(1100)]
    sessions[1050] = played(f"crowd {kind}", -1)

    outcomes = Caller(kind, serving.url, api_key).submit_many(iter(sessions))

    refused = outcomes.pop(1050)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.status, refused.fields) == ("score_out_of_range", 400, ("score",))
    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    assert outcomes[-1].total_score == 1099


def test_the_same_session_counts_once_however_often_it_is_submitted(serving: Serving, api_key: str, kind: str) -> None:
    caller, session = Caller(kind, serving.url, api_key), played(f"once {kind}")

    first, second, [third] = caller.submit(session), caller.submit(session), caller.submit_many([session])

    assert [first.replayed, second.replayed, third.replayed] == [False, True, True]
    assert first.session_id == second.session_id == third.session_id
    assert third.total_score == 10


# --- Networks and servers that fail --------------------------------------------------------------------


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
@pytest.mark.parametrize(
    ("fault", "replayed"),
    [
        (LOST_ANSWER, True),
        (SILENCE, False),
        (page(502), False),
        (told(503, "outcome_unknown"), False),
        (told(429, "too_many_requests"), False),
        (told(500, "internal_error"), False),
    ],
    ids=["lost answer", "silence", "502", "503", "429", "500"],
)
def test_a_try_that_fails_is_repeated_and_counts_once(
    serving: Serving, api_key: str, kind: str, *, fault: bytes | None, replayed: bool, many: bool
) -> None:
    session = played("patient", 3)
    with faulty(serving.port, fault, fault) as proxy:
        caller = Caller(kind, proxy.url, api_key, timeout_s=0.5)
        receipt = caller.submit_many([session])[0] if many else caller.submit(session)

        assert proxy.met == 2
    assert (receipt.score, receipt.replayed) == (3, replayed)


def test_a_read_is_repeated_too(serving: Serving, api_key: str, kind: str) -> None:
    with faulty(serving.port, LOST_ANSWER, told(503, "unavailable"), page(504)) as proxy:
        assert Caller(kind, proxy.url, None).top().board == "global"
        assert proxy.met == 3


def test_retry_after_is_honoured(serving: Serving, api_key: str, kind: str) -> None:
    began = time.monotonic()

    with faulty(serving.port, told(503, "unavailable", retry_after=1)) as proxy:
        assert Caller(kind, proxy.url, api_key).submit(played("patient")).score == 10

    assert time.monotonic() - began >= 1


@pytest.mark.parametrize(
    ("fault", "code", "may_be_recorded"),
    [
        (told(503, "unavailable", retry_after=9), "unavailable", False),
        (told(503, "outcome_unknown", retry_after=9), "outcome_unknown", True),
        (SILENCE, "outcome_unknown", True),
    ],
    ids=["unavailable", "outcome unknown", "silence"],
)
def test_at_the_deadline_it_says_whether_the_session_may_be_recorded(
    serving: Serving, api_key: str, kind: str, *, fault: bytes, code: str, may_be_recorded: bool
) -> None:
    with faulty(serving.port, *[fault] * 100) as proxy:
        caller = Caller(kind, proxy.url, api_key, timeout_s=0.2, retries=Retries(deadline_s=0.5))
        with pytest.raises(Unavailable) as given_up:
            caller.submit(played("bob"))
        [outcome] = caller.submit_many([played("bob")])

    for error in (given_up.value, outcome):
        assert (error.code, error.may_be_recorded) == (code, may_be_recorded)


def test_where_nobody_listens_nothing_can_be_recorded(kind: str) -> None:
    caller = Caller(kind, "http://127.0.0.1:1", "rk_any", retries=Retries(deadline_s=0.2))

    with pytest.raises(Unavailable) as given_up:
        caller.submit(played("bob"))
    with pytest.raises(Unavailable):
        caller.top()

    assert (given_up.value.code, given_up.value.status, given_up.value.may_be_recorded) == ("no_answer", None, False)


# --- What is refused ---------------------------------------------------------------------------------


def test_what_is_refused_is_not_repeated(serving: Serving, api_key: str, kind: str) -> None:
    caller, session = Caller(kind, serving.url, api_key), played("charlie")
    caller.submit(session)
    another = played("charlie", 99, idempotency_key=session.idempotency_key)

    calls: list[tuple[Callable[[], Any], int, str]] = [
        (lambda: caller.submit(another), 422, "idempotency_key_reused"),
        (lambda: caller.submit(Session(score=1, game_mode="survival")), 400, "one_player_wanted"),
        (lambda: caller.rank(2**62), 404, "unknown_player"),
        (lambda: caller.top(limit=0), 400, "invalid_limit"),
        (lambda: Caller(kind, serving.url, "rk_wrong").submit(session), 401, "invalid_api_key"),
        (lambda: Caller(kind, f"{serving.url}nowhere", api_key).submit(session), 404, "unexpected_answer"),
    ]
    for call, status, code in calls:
        with pytest.raises(Refused) as refused:
            call()
        assert (refused.value.status, refused.value.code) == (status, code)
        assert code in str(refused.value)


@pytest.mark.parametrize("url", ["rankcast.example", "ftp://rankcast.example", "http://", ""])
def test_a_url_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="not the URL of a server"):
        RankcastClient(url)


def test_no_proxy_is_asked_for_a_server_on_this_machine(
    serving: Serving, api_key: str, kind: str, dead_proxy: None
) -> None:
    receipt = Caller(kind, serving.url, api_key).submit(played(f"direct {kind}"))

    assert receipt.username == f"direct {kind}"


async def test_no_proxy_is_asked_for_a_stream_to_this_machine(serving: Serving, api_key: str, dead_proxy: None) -> None:
    async with streaming(serving.url, api_key) as client, client.stream() as stream:
        receipt = await stream.submit(played("direct stream"))

    assert receipt.username == "direct stream"


# --- The stream --------------------------------------------------------------------------------------


def streaming(url: str, api_key: str | None, **options: Any) -> AsyncRankcastClient:
    return AsyncRankcastClient(url, api_key, **{"retries": QUICK, **options})


async def test_a_stream_gives_every_session_its_outcome(serving: Serving, api_key: str) -> None:
    sessions = [played("streamed", 1) for _ in range(3000)]
    sessions[1500] = played("streamed", -1)

    async with streaming(serving.url, api_key) as client, client.stream() as stream:
        single = await stream.submit(played("streamed alone", 7))
        outcomes = await stream.submit_many(sessions)
        [again] = await stream.submit_many(sessions[:1])
        with pytest.raises(Refused) as refused:
            await stream.submit(sessions[1500])

    assert (single.username, single.total_score) == ("streamed alone", 7)
    assert refused.value.code == "score_out_of_range"
    assert isinstance(outcomes.pop(1500), Refused)
    assert len({outcome.session_id for outcome in outcomes if isinstance(outcome, Receipt)}) == 2999
    assert isinstance(again, Receipt)
    assert again.replayed


async def test_sessions_that_end_at_the_same_time_travel_together(serving: Serving, api_key: str) -> None:
    async with streaming(serving.url, api_key) as client, client.stream() as stream:
        receipts = await asyncio.gather(*(stream.submit(played("together", 1)) for _ in range(300)))

        assert stream._outbox._frames <= 3
    assert max(receipt.total_score for receipt in receipts) == 300


async def test_leaving_a_stream_waits_for_what_is_under_way(serving: Serving, api_key: str) -> None:
    async with streaming(serving.url, api_key) as client:
        async with client.stream() as stream:
            under_way = [stream._put(played("leaving", 1), stream._deadline()) for _ in range(700)]
        assert all(isinstance(each.result(), Receipt) for each in under_way)
        [too_late] = await stream.submit_many([played("leaving", 1)])

    assert isinstance(too_late, Unavailable)


async def test_a_stream_that_is_cut_again_and_again_loses_nothing(serving: Serving, api_key: str) -> None:
    with faulty(serving.port, told(503, "unavailable"), SILENCE, LOST_ANSWER) as proxy:
        async with streaming(proxy.url, api_key) as client, client.stream() as stream:
            cutting = asyncio.create_task(cut_often(proxy))
            for part in range(5):
                outcomes = await stream.submit_many([played(f"cut {part}", 1) for _ in range(400)])
                assert all(isinstance(outcome, Receipt) for outcome in outcomes), outcomes
            cutting.cancel()

    async with streaming(serving.url, api_key) as client:
        for part in range(5):
            assert (await client.submit(played(f"cut {part}", 0))).total_score == 400


async def cut_often(proxy: FaultyProxy) -> None:
    while True:
        await asyncio.sleep(0.3)
        proxy.cut()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
async def test_a_web_process_that_ends_in_the_middle_of_a_stream_costs_no_session_and_doubles_none(
    serving: Serving, api_key: str, how: signal.Signals
) -> None:
    before = await asyncio.to_thread(stored, serving)
    sessions = [played(f"{how.name} {number % 7}", number) for number in range(6000)]

    async with streaming(serving.url, api_key, retries=Retries(deadline_s=60)) as client, client.stream() as stream:
        submitting = asyncio.create_task(stream.submit_many(sessions))
        await asyncio.to_thread(begun, serving, f"{how.name} 0")
        os.kill(serving.child("leaderboard_project.web"), how)
        outcomes = await submitting

    assert [outcome for outcome in outcomes if isinstance(outcome, RankcastError)] == []
    assert eventually(serving.is_ready, within_s=30)
    after = await asyncio.to_thread(stored, serving)
    keys: Any = after["keys"]
    for session, outcome in zip(sessions, outcomes, strict=True):
        assert isinstance(outcome, Receipt)
        assert keys[session.idempotency_key] == outcome.session_id
    sums: Any = [after[name] - (before[name] or 0) for name in ("sessions", "standings")]  # type: ignore[operator]
    assert sums == [sum(range(6000))] * 2


def begun(serving: Serving, username: str) -> None:
    """Wait until the first sessions of a player are recorded."""
    with RankcastClient(serving.url) as client:
        assert eventually(lambda: bool(client.players(username)), within_s=30)


async def test_a_stream_with_a_wrong_key_refuses_every_session(serving: Serving) -> None:
    async with streaming(serving.url, "rk_wrong") as client, client.stream() as stream:
        with pytest.raises(Refused) as refused:
            await stream.submit(played("nobody"))
        [later] = await stream.submit_many([played("nobody")])

    assert (refused.value.status, refused.value.code) == (403, "invalid_api_key")
    assert isinstance(later, Refused)


async def test_a_key_that_is_revoked_ends_the_stream(serving: Serving) -> None:
    secret = await asyncio.to_thread(new_api_key, serving.data)
    async with streaming(serving.url, secret) as client, client.stream() as stream:
        await stream.submit(played("leaver"))
        revoke = f"from scores import api_keys; api_keys.revoke(api_keys.verify({secret!r}))"
        assert (await asyncio.to_thread(manage, serving.data, "shell", "--no-imports", "-c", revoke)).returncode == 0

        async with asyncio.timeout(5):
            while isinstance(outcome := (await stream.submit_many([played("leaver")]))[0], Receipt):
                pass

    assert isinstance(outcome, Refused)
    assert outcome.code in {"invalid_api_key", "closed_4003"}


async def test_a_stream_gives_up_on_a_session_at_its_deadline() -> None:
    hasty = Retries(deadline_s=0.3)
    async with streaming("http://127.0.0.1:1", "rk_any", retries=hasty) as client, client.stream() as stream:
        with pytest.raises(Unavailable) as given_up:
            await stream.submit(played("bob"))

    assert not given_up.value.may_be_recorded


async def test_without_a_key_there_is_no_stream(serving: Serving) -> None:
    async with streaming(serving.url, None) as client:
        with pytest.raises(ValueError, match="API key"):
            client.stream()
