r"""Columns of a batch as PostgreSQL's array literals. Pure.

psycopg dumps a list element by element, each by the dumper of its type: a fifth of a large batch's
time. A text that PostgreSQL parses itself costs a tenth of that, and JSON's writer, which is C, a
tenth of what Python would take to write it: `[1,null,"a \" b"]` is an array literal but for its brackets.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

Element = int | str | bytes | datetime | None

_as_json: Final = msgspec.json.Encoder().encode


def literal(column: Sequence[Element]) -> bytes:
    r"""The array literal of a column of one type; the statement casts it, `%(scores)s::bigint[]`.

    >>> print(literal([1, None, True]), literal(['a "\\ b\n']), literal([b"\x01\xff"]))
    b'{1,null,true}' b'{"a \\"\\\\ b\n"}' b'{"\\\\x01ff"}'
    """
    if column and isinstance(column[0], bytes):
        return _bytes_literal(column)
    written = _as_json(column)
    if b"\\" in written:  # JSON's \n and \u0007 mean something else in PostgreSQL
        written = b"[%b]" % b",".join(map(_escaped, column))
    return b"{%b}" % written[1:-1]


def _bytes_literal(column: Sequence[Any]) -> bytes:
    return b"{%b}" % ",".join([f'"\\\\x{value.hex()}"' for value in column]).encode()


def _escaped(value: Element) -> bytes:
    if isinstance(value, str):
        return b'"%b"' % value.replace("\\", "\\\\").replace('"', '\\"').encode()
    return _as_json(value)
