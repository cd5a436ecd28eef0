"""The REST resources, one file each. Views are thin: they read, ask `scores`, and answer."""

from __future__ import annotations
