"""The frames on the wire, the strict reading of what clients say, and the documentation of both."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import messages
from realtime.limits import Limits
from realtime.messages import Ping, Rejected, Resync, Since, Subscribe, Unsubscribe
from tests.unit.test_board import board, ranked

PROTOCOL = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"


def parse(text: str | None) -> messages.Request:
    return messages.parse(text, max_bytes=4096)


def wire(frame: messages.ServerFrame) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(messages.encode(frame).text)
    return plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"op":"subscribe","board":"global"}', Subscribe(board="global")),
        (
            '{"op":"subscribe","id":1,"board":"global","window":"all","since":{"epoch":"k3","seq":4}}',
            Subscribe(board="global", window="all", since=Since("k3", 4), id=1),
        ),
        ('{"op":"subscribe","board":"global","since":null}', Subscribe(board="global")),
        ('{"op":"unsubscribe","board":"global"}', Unsubscribe(board="global")),
        ('{"op":"resync","id":"a","board":"global"}', Resync(board="global", id="a")),
        ('{"op":"ping"}', Ping()),
        ('{"op":"ping","colour":["blue",{"deep":[]}]}', Ping()),
    ],
)
def test_a_request_is_read(text: str, expected: messages.Request) -> None:
    assert expected == parse(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "not_text"),
        ("", "bad_json"),
        ("hello", "bad_json"),
        ('{"op":"ping"', "bad_json"),
        ('{"op":"ping"}{"op":"ping"}', "bad_json"),
        ('{"op":"ping","x":"\\ud800"}', "bad_json"),
        ('{"op":"ping","x":' + "[" * 1500 + "]" * 1500 + "}", "bad_json"),
        ("[]", "bad_frame"),
        ("null", "bad_frame"),
        ('"ping"', "bad_frame"),
        ("{}", "bad_frame"),
        ('{"op":null}', "bad_frame"),
        ('{"op":"ping","id":true}', "bad_frame"),
        ('{"op":"ping","id":1.5}', "bad_frame"),
        ('{"op":"ping","id":9007199254740992}', "bad_frame"),
        ('{"op":"ping","id":"' + "x" * 65 + '"}', "bad_frame"),
        ('{"op":"subscribe"}', "bad_frame"),
        ('{"op":"subscribe","board":7}', "bad_frame"),
        ('{"op":"subscribe","board":""}', "bad_frame"),
        ('{"op":"subscribe","board":"../global"}', "bad_frame"),
        ('{"op":"subscribe","board":"global\\n"}', "bad_frame"),
        ('{"op":"subscribe","board":"global\\u0000"}', "bad_frame"),
        ('{"op":"subscribe","board":"' + "x" * 65 + '"}', "bad_frame"),
        ('{"op":"subscribe","board":"global","since":{"epoch":"k3"}}', "bad_frame"),
        ('{"op":"_receive"}', "unknown_op"),
        ('{"op":"board.step"}', "unknown_op"),
        ('{"op":"ping","x":"' + "x" * 4096 + '"}', "frame_too_large"),
    ],
)
def test_a_frame_that_cannot_be_granted_is_answered_by_a_stable_code(text: str | None, code: str) -> None:
    with pytest.raises(Rejected) as rejected:
        parse(text)

    assert code == rejected.value.frame.code
    assert len(messages.encode(rejected.value.frame).on_the_wire) < 1024


def test_an_error_repeats_the_id_of_the_request_where_it_can_be_read() -> None:
    with pytest.raises(Rejected) as rejected:
        parse('{"op":"subscribe","id":7}')

    assert rejected.value.frame.id == 7


def test_an_error_for_now_says_when_to_try_again() -> None:
    error = messages.unavailable(3)

    assert (error.code, error.temporary, error.retry_ms, error.id) == ("unavailable", True, 2_000, 3)


def test_an_error_without_a_request_has_no_id() -> None:
    with pytest.raises(Rejected) as rejected:
        parse("hello")

    assert "id" not in wire(rejected.value.frame)


@given(
    st.text(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=9).map(json.dumps)
)
def test_whatever_a_client_sends_it_is_read_or_rejected(text: str) -> None:
    with contextlib.suppress(Rejected):  # anything else fails
        parse(text.encode("utf-8", "replace").decode())


def test_a_snapshot_reads_as_documented() -> None:
    rows = ranked({7: ("ada", 900)})

    assert wire(messages.snapshot(board(rows), 1)) == {
        "type": "snapshot",
        "board": "global",
        "window": "all",
        "epoch": "k3",
        "seq": 7,
        "rows": [{"user_id": 7, "username": "ada", "rank": 1, "total_score": 900}],
        "players": 1,
        "as_of": "2026-11-21T12:00:00Z",
        "source": "ranks",
        "id": 1,
    }


def test_a_beat_names_the_state_and_its_fingerprint() -> None:
    assert wire(messages.beat([board()])) == {
        "type": "beat",
        "boards": [{"board": "global", "window": "all", "epoch": "k3", "seq": 7, "crc": "00000000"}],
    }


def test_a_bye_says_when_to_come_back() -> None:
    expected = {"type": "bye", "code": 4101, "reason": "drain", "retry_ms": [500, 20_000]}

    assert expected == wire(messages.DRAIN)


# --- The documentation says what is built -----------------------------------------------------


def headings_under(chapter: str) -> list[str]:
    text = PROTOCOL.read_text(encoding="utf-8").split(f"\n## {chapter}\n")[1].split("\n## ")[0]
    return re.findall(r"^### (\S+)$", text, flags=re.MULTILINE)


def test_every_frame_of_the_server_has_its_heading() -> None:
    assert sorted(str(frame.__struct_config__.tag) for frame in messages.SERVER_FRAMES) == sorted(
        headings_under("What the server says")
    )


def test_every_frame_of_a_client_has_its_heading() -> None:
    assert sorted(str(frame.__struct_config__.tag) for frame in messages.CLIENT_FRAMES) == sorted(
        headings_under("What a client says")
    )


def test_every_limit_that_is_documented_is_one() -> None:
    chapter = PROTOCOL.read_text(encoding="utf-8").split("\n## Limits\n")[1].split("\n## ")[0]
    named = {name for row in re.findall(r"\|([^|]*)\|$", chapter, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}

    assert named
    assert named <= set(Limits.__dataclass_fields__)


def test_every_error_code_and_every_bye_is_documented() -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    codes = messages.ErrorCode.__args__  # type: ignore[attr-defined]  # what a Literal consists of
    byes = [frame.code for frame in vars(messages).values() if isinstance(frame, messages.Bye)]

    assert [code for code in codes if f"| `{code}` |" not in text] == []
    assert [code for code in byes if f"\n| {code} |" not in text] == []
