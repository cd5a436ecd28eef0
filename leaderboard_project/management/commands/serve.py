"""`manage.py serve`: the whole product by one command."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from typing_extensions import override

from leaderboard_project import checks, fleet, hosts
from leaderboard_project.children import Child, parent_pipe
from leaderboard_project.demo import access
from leaderboard_project.embedded.for_command import running_pair
from leaderboard_project.listening import CannotListen, answers_ready, listening_socket, local_address, url_of
from leaderboard_project.supervisor import NeverReady, Supervisor
from scores.accounts import hashing

if TYPE_CHECKING:
    from django.db.backends.postgresql.base import DatabaseWrapper


class Command(BaseCommand):
    """Starts the servers, web processes and the worker, and keeps them running until it is told to stop."""

    help = "Serve the leaderboard: servers, migrations, web processes and the worker."
    requires_system_checks = ()  # those of the settings are enough, and say it their own way

    @override
    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
        parser.add_argument("--processes", type=int, default=1, help="web processes (default: %(default)s)")
        parser.add_argument("--demo", action="store_true", help="also play simulated games, so that the page moves")
        # Read by manage.py before the settings; named here for --help and so that it is accepted.
        parser.add_argument("--data", type=Path, help="directory of the data (default: RANKCAST_DATA or ./var)")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if options["processes"] < 1:
            raise CommandError("--processes must be at least 1.")
        if options["demo"] and settings.PRODUCTION:
            raise CommandError("--demo lets everybody play: it is not for production (RANKCAST_PRODUCTION).")
        checks.refuse_errors()
        try:
            listening = listening_socket(options["host"], options["port"])
        except CannotListen as error:
            raise CommandError(str(error)) from None
        address = local_address(listening)
        url = url_of(address)
        allowed_hosts = hosts.allowed(options["host"])
        greeting = _prepare(url, demo=options["demo"])
        reading, writing = parent_pipe()
        with reading, writing:
            child = partial(Child, environment=fleet.environment(allowed_hosts, demo=options["demo"]), pipe=reading)
            web = fleet.web(child, listening, options["processes"])
            worker = fleet.command(child, "worker")
            players = [fleet.command(child, "play", "--url", url)] if options["demo"] else []
            try:
                Supervisor([*web, worker], running_pair(), once_ready=players).run(
                    is_ready=lambda: answers_ready(address, hosts.accepted(address[0], allowed_hosts)),
                    when_ready=lambda: self.stdout.write(greeting),
                    when_stopping=listening.close,  # who comes now is refused instead of waiting in vain
                )
            except NeverReady as error:
                raise CommandError(str(error)) from None


def _prepare(url: str, *, demo: bool) -> str:
    """Bring the tables up to date; give what to say when all is ready."""
    call_command("migrate", verbosity=0, interactive=False)
    lines = [f"Rankcast is ready at {url}"]
    if demo:
        made = access.prepare()
        lines += [f"API key: {made.api_key}", f"Admin: {url}admin/ with user admin, password {made.admin_password}"]
    # The children have pools and programs of their own; this process asks nothing any more.
    cast("DatabaseWrapper", connection).close_pool()
    hashing.end_programs()
    return "\n".join(lines)
