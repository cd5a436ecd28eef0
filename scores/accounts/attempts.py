"""Counts logins so that guessing is slow, and its victims can still log in."""

from __future__ import annotations

from scores import names
from scores.accounts import addresses, limits, throttle
from scores.errors import ValkeyUnavailable
from scores.valkey import valkey


class LoginAttempt:
    """One attempt to log in, counted three times: by address, by name and address, and by name.

    By address, because one guesser tries many names. By name and address tightly, because one guesser
    tries one name. By name alone only loosely, and not for an address from which the player has logged
    in lately: otherwise a few strangers who guess at a name would lock its owner out. Guessing one
    name from many addresses still ends at a hundred at once and one a minute, against passwords of
    twelve characters and more.

    An attempt is counted as a wrong one before the password is looked at, and most of that is given
    back when it was right. So a hundred guesses at the same moment count a hundred times.
    """

    def __init__(self, username: str, address: str) -> None:
        self._name = _counted_as(username)
        self._address = addresses.counted_as(address)
        self._limits = limits.current()
        self._is_known = False

    def begin(self) -> None:
        """Count it, until something refuses: whoever is stopped by their own address spends nothing of the name's.

        Raises:
            Throttled: too many.
            ValkeyUnavailable: nobody can tell, so nobody logs in.
        """
        numbers, wrong = self._limits, self._limits.wrong_login
        throttle.take(numbers.login_by_address, "login:address", self._address, units=wrong)
        throttle.take(numbers.login_by_name_and_address, "login:both", self._name, self._address, units=wrong)
        self._is_known = valkey().commands([("EXISTS", self._known_key)]) == [1]
        if not self._is_known:
            throttle.take(numbers.login_by_name, "login:name", self._name, units=wrong)

    def was_right(self) -> None:
        """Give back what makes a wrong login heavy, and remember the address as the player's own."""
        numbers, excess = self._limits, self._limits.wrong_login - self._limits.right_login
        throttle.give_back(numbers.login_by_address, "login:address", self._address, units=excess)
        throttle.give_back(numbers.login_by_name_and_address, "login:both", self._name, self._address, units=excess)
        if not self._is_known:
            throttle.give_back(numbers.login_by_name, "login:name", self._name, units=excess)
        try:
            valkey().commands([("SET", self._known_key, 1, "EX", self._limits.known_address_s)])
        except ValkeyUnavailable:
            return

    @property
    def _known_key(self) -> str:
        return throttle.key_of("known", self._name, self._address)


def _counted_as(username: str) -> str:
    """The name as all its spellings are counted."""
    try:
        return names.normalise(username).casefold()
    except names.InvalidName:
        return username  # nobody is called that; the key holds only a digest of it
