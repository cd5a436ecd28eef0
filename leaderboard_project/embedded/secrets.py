"""`secrets.json` in the data directory: passwords and keys that were drawn once and must be the same next time."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from leaderboard_project.embedded.errors import EmbeddedError

SECRET_KEY = "secret_key"  # noqa: S105  (the name of a secret, not one)
POSTGRES_PASSWORD = "postgres_password"  # noqa: S105
VALKEY_PASSWORD = "valkey_password"  # noqa: S105


class Secrets:
    """The named secrets of one data directory; only the holder of its lock may draw new ones."""

    def __init__(self, data_directory: Path) -> None:
        """Look after `secrets.json` in `data_directory`; nothing is read yet."""
        self._path = data_directory / "secrets.json"

    def get(self, name: str) -> str | None:
        """The secret of that name, or None if it was never drawn."""
        return self._read().get(name)

    def get_or_draw(self, name: str, draw: Callable[[], str] = secrets.token_urlsafe) -> str:
        """The secret of that name; drawn and kept if there is none."""
        known = self.get(name)
        if known is not None:
            return known
        drawn = draw()
        self.keep(name, drawn)
        return drawn

    def keep(self, name: str, value: str) -> None:
        """Keep `value` under `name`, readable by its owner only; the file is replaced whole."""
        everything = {**self._read(), name: value}
        replacement = self._path.with_suffix(".new")
        replacement.unlink(missing_ok=True)
        with os.fdopen(os.open(replacement, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            if os.geteuid() == 0:  # root may look after somebody else's data, who must still be able to read it
                owner = self._path.parent.stat()
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            json.dump(everything, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        replacement.replace(self._path)

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise EmbeddedError(f"{self._path} cannot be read ({error}); it holds the servers' passwords.") from None
        if not isinstance(found, dict):
            raise EmbeddedError(f"{self._path} must hold one JSON object; it holds the servers' passwords.")
        return {str(name): str(value) for name, value in found.items()}
