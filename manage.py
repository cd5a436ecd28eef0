#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL and REDIS_URL a command uses the embedded servers."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from django.core.exceptions import ImproperlyConfigured

from leaderboard_project.embedded.errors import EmbeddedError
from leaderboard_project.embedded.for_command import servers_for


class _Terminated(KeyboardInterrupt):
    """SIGTERM: whatever a command clears away after Ctrl-C it clears away now, too."""


def _terminate(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # who asks twice does not want to wait
    raise _Terminated


def main() -> None:
    """Run one management command, with the servers it needs."""
    signal.signal(signal.SIGTERM, _terminate)  # commands that stay have handlers of their own
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
    except _Terminated:
        os.kill(os.getpid(), signal.SIGTERM)
        sys.exit(143)  # the first process of a container does not die of it
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell would say it: ended by Ctrl-C


if __name__ == "__main__":
    main()
