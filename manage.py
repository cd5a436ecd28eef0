#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL and REDIS_URL a command uses the embedded servers."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run one management command, with the servers it needs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leaderboard_project.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
