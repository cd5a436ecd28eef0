#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL and REDIS_URL a command uses the embedded servers."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured

from leaderboard_project.embedded.errors import EmbeddedError
from leaderboard_project.embedded.for_command import servers_for


def main() -> None:
    """Run one management command, with the servers it needs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leaderboard_project.settings")
    try:
        with servers_for(sys.argv):
            # Only now: importing Django's management reads the settings, which read the addresses.
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
    except EmbeddedError as error:
        sys.exit(str(error))
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell would say it: ended by Ctrl-C


if __name__ == "__main__":
    main()
