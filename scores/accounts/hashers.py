"""How passwords are stored: Argon2id, and the older PBKDF2 until its owner logs in again."""

from __future__ import annotations

import unicodedata

from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher
from typing_extensions import override

from scores.accounts import hashing


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id as OWASP's Password Storage Cheat Sheet asks for: 19 MiB, two passes, one lane.

    Django's own parameters (100 MiB, eight lanes) would let a few logins at a time take all of a small
    machine. About 25 ms on one core of 2026.

    Passwords are compared in NFC, as RFC 8265 (OpaqueString) wants: a keyboard that composes `é` from
    two characters logs in to an account that was made with one. Not NFKC, which would make one
    password of different ones (`²` and `2`).
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    @override
    def encode(self, password: str, salt: str) -> str:
        """The hash as it is stored."""
        how = self.params()
        numbers = how.time_cost, how.memory_cost, how.parallelism, how.hash_len
        return f"{self.algorithm}{hashing.ask('argon2', _normalised(password), salt, *numbers)}"

    @override
    def verify(self, password: str, encoded: str) -> bool:
        """Whether the password is the one that was hashed."""
        return bool(hashing.ask("argon2_is", _normalised(password), encoded.removeprefix("argon2")))


class OldPBKDF2Hasher(PBKDF2PasswordHasher):
    """Hashes from before Argon2. They still log in, are hashed anew then, and are made no more.

    Until that first login the account can be told from others by its time: this hash takes longer.
    """

    @override
    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """The hash as it was stored; `verify` comes here as well."""
        iterations = iterations or self.iterations
        return f"{self.algorithm}${iterations}${salt}${hashing.ask('pbkdf2', password, salt, iterations)}"


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFC", password)
