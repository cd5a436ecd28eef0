"""Signing up, logging in, changing the password: the same for the API, the pages and the admin."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower

from scores import names
from scores.accounts import addresses, families, hashing, limits, passwords, throttle
from scores.accounts.attempts import LoginAttempt
from scores.accounts.errors import NameTaken, SignupClosed, WrongCredentials
from scores.models import Player

#: Two who sign up at once under names that differ in case only wait for each other here.
_NAME_LOCK_SQL: Final = "SELECT pg_advisory_xact_lock(hashtextextended(lower(%s), 1))"
_MOST_ALIKE: Final = 10  # accounts whose names differ in case only; signing up makes none


def signup(username: str, password: str, *, address: str) -> Player:
    """A new player who can log in.

    Raises:
        SignupClosed: strangers may not sign up here.
        InvalidName: no player may be called that.
        WeakPassword: the password must not be chosen.
        NameTaken: somebody has the name, in whatever case.
        Throttled, HashingBusy: try again later.
        ValkeyUnavailable: nobody can count attempts now, so nobody signs up.
        django.db.OperationalError: PostgreSQL does not answer.
    """
    if not settings.SIGNUP:
        raise SignupClosed
    name = names.normalise(username)
    passwords.check_new(password, Player(username=name))
    with hashing.place():
        throttle.take(limits.current().signup_by_address, "signup", addresses.counted_as(address))
        if _is_taken(name):  # before the hash: most attempts that fail do so here
            raise NameTaken
        connection.close()  # to the pool: others need it more than one that waits for a hash
        stored = make_password(password)
    try:
        with transaction.atomic():
            _lock_name(name)
            if _is_taken(name):
                raise NameTaken
            return Player.objects.create(username=name, password=stored)
    except IntegrityError as error:  # a game server made the very same name meanwhile
        raise NameTaken from error


def login(username: str, password: str, *, address: str) -> Player:
    """The player with that name and password. Logs in nobody by itself: the caller hands out a session or tokens.

    Every failure looks alike, and takes one hash: unknown name, no password, not active, wrong
    password. A right login with an outdated hash takes a second one.

    Raises:
        WrongCredentials: no.
        Throttled, HashingBusy: try again later.
        ValkeyUnavailable: nobody can count attempts now, so nobody logs in.
        django.db.OperationalError: PostgreSQL does not answer.
    """
    with hashing.place():
        attempt = LoginAttempt(username, address)
        attempt.begin()
        if passwords.is_too_long(password):
            raise WrongCredentials  # whatever the name
        player = _find(username)
        connection.close()  # to the pool, as above
        right, outdated = passwords.check(password, player.password if player else None)
        if not right or player is None or not player.is_active:
            raise WrongCredentials
        attempt.was_right()
        if outdated:
            _hash_anew(player, password)
        return player


def change_password(player: Player, old: str, new: str, *, address: str, keep: UUID | None = None) -> None:
    """Give the player another password. Every other login of theirs ends within a second.

    Sessions of Django and families of refresh tokens are bound to the hash of the password. A page
    that changes it calls `update_session_auth_hash` for its own session; a program names its family.

    Args:
        player: who it is; gets the new hash.
        old: the password so far.
        new: the new one.
        address: of the client.
        keep: the family of refresh tokens that stays logged in.

    Raises:
        WrongCredentials: `old` is not the password.
        WeakPassword: `new` must not be chosen.
        Throttled, HashingBusy: try again later.
        ValkeyUnavailable: nobody can count attempts now, so nobody changes a password.
        django.db.OperationalError: PostgreSQL does not answer.
    """
    passwords.check_new(new, player)
    numbers = limits.current()
    with hashing.place():
        throttle.take(numbers.password_by_player, "password", str(player.pk))
        throttle.take(numbers.login_by_address, "login:address", addresses.counted_as(address))
        stored = Player.objects.values_list("password", flat=True).get(pk=player.pk)
        connection.close()  # to the pool, as above
        if passwords.is_too_long(old) or not passwords.check(old, stored)[0]:
            raise WrongCredentials
        replacement = make_password(new)
    with transaction.atomic():
        # Only in place of the hash that was checked: of two changes at once one must fail.
        if not Player.objects.filter(pk=player.pk, password=stored, is_active=True).update(password=replacement):
            raise WrongCredentials
        player.password = replacement
        families.follow_password(player, keep=keep)


def _find(username: str) -> Player | None:
    """The account of that name: in the case that was typed, else in another. Names that game servers made are none."""
    try:
        name = names.normalise(username)
    except names.InvalidName:
        return None
    accounts = list(_named([name]).exclude(password__startswith=passwords.NO_PASSWORD).order_by("id")[:_MOST_ALIKE])
    return next((player for player in accounts if player.username == name), accounts[0] if accounts else None)


def _hash_anew(player: Player, password: str) -> None:
    replacement = make_password(password)
    if Player.objects.filter(pk=player.pk, password=player.password).update(password=replacement):
        player.password = replacement


def _lock_name(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NAME_LOCK_SQL, [name])


def _is_taken(name: str) -> bool:
    """Whether somebody has the name in whatever case, or has in plain letters what it says in fancy ones.

    The other way round (a plain name beside an older fancy one) is let pass: no index knows it, and
    names of game servers may look as they like.
    """
    plain = unicodedata.normalize("NFKC", name)
    return _named([name, plain, plain.casefold()]).exists()


def _named(alike: Sequence[str]) -> QuerySet[Player]:
    """Players with one of the names, in whatever case. lower() is PostgreSQL's own on both sides, as in the index."""
    return Player.objects.alias(lowered=Lower("username")).filter(
        lowered__in=[Lower(Value(name)) for name in alike],
    )
