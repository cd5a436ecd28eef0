"""The connection to Valkey: short timeouts, no retries, a breaker, and scripts that it learns by itself."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

import hiredis
import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from scores.errors import ValkeyUnavailable

_CONNECT_TIMEOUT_S = 0.3
_ANSWER_TIMEOUT_S = 0.5  # many times what the largest batch takes
_BREAK_S = 0.5  # how long nobody asks again after Valkey did not answer

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Script:
    """A Lua script, which Valkey knows by the SHA-1 of its text."""

    source: str

    @classmethod
    def read(cls, *paths: Path) -> Self:
        """The script that these files make, one behind the other."""
        return cls("".join(path.read_text(encoding="utf-8") for path in paths))

    @cached_property
    def sha(self) -> str:
        """What EVALSHA calls it."""
        return hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class ScriptCall:
    """One call of a script on one key."""

    script: Script
    key: str
    arguments: Sequence[str | int | bytes]


#: The name of a command, and its arguments.
_Command = tuple[str | int | bytes, ...]


class _Connections:
    """Connections that wait for their next use: redis-py's, without its pool and pipeline, which take twice as long."""

    def __init__(self, url: str) -> None:
        # Every timeout is explicit: redis-py's defaults would hold a caller for up to a minute, with ten retries.
        described = redis.ConnectionPool.from_url(
            url,
            decode_responses=True,
            protocol=2,
            socket_connect_timeout=_CONNECT_TIMEOUT_S,
            socket_timeout=_ANSWER_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._make = partial(described.connection_class, **described.connection_kwargs)
        self._idle: deque[Any] = deque()  # the one that was used last comes first, the others rest

    def round_trip(self, commands: Sequence[_Command]) -> list[Any]:
        """The answers, in order; what Valkey refused has an error in its place.

        Raises:
            redis.ConnectionError: there is no connection, or it broke; nobody knows what was done.
            redis.TimeoutError: no answer in time.
        """
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._make()
        try:
            if not _is_quiet(connection):
                connection.disconnect()  # sending makes a new one
            # Its stub knows commands without arguments only.
            packed = b"".join([hiredis.pack_command(command) for command in commands])  # type: ignore[arg-type]
            connection.send_packed_command([packed], check_health=False)
            return [_answer(connection) for _ in commands]
        except BaseException:
            connection.disconnect()  # an answer that nobody has read would be taken for that of the next question
            raise
        finally:
            self._idle.append(connection)


def _is_quiet(connection: Any) -> bool:
    """Whether a connection that rested can be used: one that Valkey has hung up would lose what is sent."""
    try:
        return not (connection.is_connected and connection.can_read())
    except (redis.ConnectionError, redis.TimeoutError):
        return False


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except redis.ResponseError as error:
        return error


class Valkey:
    """Asks Valkey, or says at once that it is away. Thread-safe."""

    def __init__(self, url: str) -> None:
        self._connections = _Connections(url)
        self._broken = False
        self._looking_at = 0.0  # monotonic: when somebody may look whether it is back
        self._looking = threading.Lock()

    def run(self, calls: Sequence[ScriptCall]) -> list[Any]:
        """The answers of the calls, in order, in one round trip. Each call is atomic, the sequence is not.

        Raises:
            ValkeyUnavailable: Valkey does not answer, or refused a call; some of the calls may have been done.
        """
        commands = [("EVALSHA", call.script.sha, 1, call.key, *call.arguments) for call in calls]
        answers = self._round_trip(commands)
        if any(isinstance(answer, redis.exceptions.NoScriptError) for answer in answers):
            # Valkey was restarted or flushed. Our scripts may run twice, so all of them are simply sent again.
            scripts = dict.fromkeys(call.script for call in calls)
            self._round_trip([("SCRIPT", "LOAD", script.source) for script in scripts])
            answers = self._round_trip(commands)
        return self._without_errors(answers)

    def commands(self, commands: Sequence[_Command]) -> list[Any]:
        """The answers of plain commands, in order, in one round trip, just as Valkey gives them.

        Raises:
            ValkeyUnavailable: as `run`.
        """
        return self._without_errors(self._round_trip(commands))

    def information(self, section: str) -> dict[str, str]:
        """What INFO tells of the section.

        Raises:
            ValkeyUnavailable: as `run`.
        """
        lines = self.commands([("INFO", section)])[0].splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def keys_matching(self, pattern: str) -> Iterator[list[str]]:
        """The keys that match a glob pattern, in bunches; one that comes or goes meanwhile may be missed.

        Raises:
            ValkeyUnavailable: as `run`.
        """
        cursor = "0"
        while True:
            cursor, found = self.commands([("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)])[0]
            if found:
                yield found
            if cursor == "0":
                return

    def _round_trip(self, commands: Sequence[_Command]) -> list[Any]:
        if self._broken:
            self._look_aside()
            raise ValkeyUnavailable("Valkey did not answer a moment ago.")
        try:
            return self._connections.round_trip(commands)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            if not self._broken:
                log.warning("Valkey does not answer; PostgreSQL does meanwhile", error=str(error))
            self._looking_at = time.monotonic() + _BREAK_S
            self._broken = True
            raise ValkeyUnavailable(str(error)) from error

    def _look_aside(self) -> None:
        """Find out in a thread of its own whether Valkey is back: no caller waits for one that is not."""
        if time.monotonic() >= self._looking_at and self._looking.acquire(blocking=False):
            try:
                threading.Thread(target=self._look, name="valkey", daemon=True).start()
            except RuntimeError:  # no thread is to be had just now; without this nobody would ever look again
                self._looking.release()

    def _look(self) -> None:
        try:
            self._connections.round_trip([("PING",)])
        except (redis.ConnectionError, redis.TimeoutError):
            self._looking_at = time.monotonic() + _BREAK_S
        else:
            self._broken = False
            log.info("Valkey answers again")
        finally:
            self._looking.release()

    def _without_errors(self, answers: list[Any]) -> list[Any]:
        for answer in answers:
            if isinstance(answer, redis.RedisError):
                # LOADING, READONLY, OOM, BUSY, a key of a foreign type: all mean that PostgreSQL must answer.
                log.warning("Valkey refused a command", error=str(answer))
                raise ValkeyUnavailable(str(answer)) from answer
        return answers


_valkey: Valkey | None = None
_opening = threading.Lock()


def valkey() -> Valkey:
    """The connection of this process."""
    global _valkey  # noqa: PLW0603  one breaker for the whole process
    if _valkey is None:
        with _opening:
            if _valkey is None:  # still: another thread may have been faster
                _valkey = Valkey(settings.REDIS_URL)
    return _valkey


def eviction_policy() -> str:
    """Valkey's `maxmemory-policy`. Any but `noeviction` would silently take players off the boards.

    Raises:
        ValkeyUnavailable: Valkey does not answer.
    """
    return valkey().information("memory")["maxmemory_policy"]
