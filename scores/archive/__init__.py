"""Archives: all that PostgreSQL knows in one file, and a system made from such a file. See docs/backup.md.

What `manage.py snapshot` writes and `manage.py restore` reads is called an archive here, for a
snapshot is PostgreSQL's word for a state.
"""

from __future__ import annotations

from scores.archive.errors import ArchiveRefused, NoArchive
from scores.archive.restoring import Restored, check, restore
from scores.archive.writing import Written, snapshot

__all__ = ["ArchiveRefused", "NoArchive", "Restored", "Written", "check", "restore", "snapshot"]
