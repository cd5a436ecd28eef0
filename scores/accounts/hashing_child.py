"""A program of its own: computes password hashes for the process that started it, at a low CPU priority.

Knows nothing of Django or of this project, so that it starts quickly and stays small. One question
per line of the standard input, one answer per line of the standard output, both JSON. Ends with its
input, and so with the process at the other end, however that ends.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from argon2.exceptions import VerificationError
from argon2.low_level import Type, hash_secret, verify_secret

#: A tenth of what everybody else gets of a busy core. With 19, the lowest, a login on a busy machine takes
#: ten seconds and more: then a flood of logins would not slow the boards, but nobody could log in.
_NICE = 10
_AUTOGROUP = Path("/proc/self/autogroup")


def answer(kind: str, password: str, *more: Any) -> str | bool:
    """The answer to one question.

    - `argon2`: the password, salt, passes, KiB and lanes; the encoded hash.
    - `argon2_is`: the password and an encoded hash; whether it is the one that was hashed.
    - `pbkdf2`: the password, salt and iterations; the hash in base64.
    """
    if kind == "argon2":
        salt, time_cost, memory_cost, parallelism, hash_len = more
        return hash_secret(
            password.encode(),
            salt.encode(),
            time_cost=time_cost,
            memory_cost=memory_cost,
            parallelism=parallelism,
            hash_len=hash_len,
            type=Type.ID,
        ).decode()
    if kind == "argon2_is":
        try:
            return verify_secret(more[0].encode(), password.encode(), Type.ID)
        except VerificationError:
            return False
    salt, iterations = more
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
    return base64.b64encode(digest).decode("ascii")


def step_back() -> None:
    """Let everybody else go first.

    Linux may share the CPU among sessions first (`sched_autogroup_enabled`); the priority of a process
    then counts within its session alone, and the session has one of its own. Whoever starts this
    program gives it a session, or it would take its starter's share.
    """
    os.nice(_NICE)
    with contextlib.suppress(OSError):  # no such file: no such sharing
        _AUTOGROUP.write_text(str(_NICE))


def main() -> None:
    """Answer until there is nothing more to read."""
    step_back()  # only now: starting up is not to wait behind everything else
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(json.dumps(answer(*json.loads(line))).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)  # nobody is there any more to be told
