"""Whether the process lives, and whether the server may be sent requests."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Literal

from django.db import Error, connection, transaction
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from scores import ranking
from scores.api import contract
from scores.api.views.base import ContractView
from scores.boards import GLOBAL
from scores.errors import RanksUnavailable
from scores.models import Board

_PATIENCE_S: Final = 2.0
_KEEP_S: Final = 0.5  # longer than its patience is a failure remembered
#: PostgreSQL is asked in a thread of its own, which alone hangs where PostgreSQL does: a statement's
#: timeout is kept by the server, and a frozen one keeps none.
_asking: Final = ThreadPoolExecutor(1, thread_name_prefix="health")
_asking_lock: Final = threading.Lock()
_last: tuple[Future[bool], float] | None = None
_ANSWERS = {200: contract.Health, 503: contract.Health}


class AliveView(ContractView):
    """`GET /healthz`."""

    @extend_schema(operation_id="healthz", tags=["health"], summary="Alive?", responses={200: contract.Alive})
    def get(self, request: Request) -> Response:
        """The process answers; nothing else is asked. For restarting what hangs."""
        return Response(contract.Alive())


class ReadyView(ContractView):
    """`GET /readyz`."""

    @extend_schema(operation_id="readyz", tags=["health"], summary="Ready?", responses=_ANSWERS)
    def get(self, request: Request) -> Response:
        """503 without PostgreSQL. Without Valkey boards come from PostgreSQL: 200, `degraded`."""
        return _health()


class HealthCheckView(ContractView):
    """`GET /v1/health-check`."""

    @extend_schema(operation_id="health_check", tags=["health"], summary="Healthy?", responses=_ANSWERS)
    def get(self, request: Request) -> Response:
        """The same as `/readyz`."""
        return _health()


def _health() -> Response:
    postgresql = _postgresql()
    valkey = _valkey()
    if postgresql == "away":
        answer = contract.Health("unavailable", postgresql, valkey)
        return Response(answer, status=status.HTTP_503_SERVICE_UNAVAILABLE)
    return Response(contract.Health("ready" if valkey == "ok" else "degraded", postgresql, valkey))


def _postgresql() -> Literal["ok", "away"]:
    asked, until = _question()
    try:
        return "ok" if asked.result(max(0.0, until - time.monotonic())) else "away"
    except (TimeoutError, Error):  # whatever it is: it does not serve
        return "away"


def _question() -> tuple[Future[bool], float]:
    """A question to PostgreSQL, and until when it is waited for.

    One that is under way, or has failed a moment ago, is everybody's: who asks next need not wait all over again for
    a server that is silent, or away.
    """
    global _last  # noqa: PLW0603  one question of the whole process
    with _asking_lock:
        now = time.monotonic()
        if _last is None or (_last[0].done() and (now >= _last[1] + _KEEP_S or _last[0].exception() is None)):
            _last = _asking.submit(_knows_its_boards), now + _PATIENCE_S
        return _last


def _knows_its_boards() -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '1s'")
            return Board.objects.filter(slug=GLOBAL).exists()
    finally:
        connection.close()  # this thread serves no request, at whose end Django would do it


def _valkey() -> Literal["ok", "rebuilding", "away", "unknown"]:
    try:
        return "ok" if ranking.versions([GLOBAL])[GLOBAL] is not None else "rebuilding"
    except RanksUnavailable:
        return "away"
    except Error:  # this process has never learned which ranks to ask for
        return "unknown"
