"""Static files as an ASGI app in front of Django: its middleware would cost each of them a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder, FileSystemFinder, get_finders
from servestatic import ServeStaticASGI

if TYPE_CHECKING:
    from wsgiref.headers import Headers

    from asgiref.typing import ASGI3Application


def with_static_files(app: ASGI3Application) -> ASGI3Application:
    """An app that answers for the files of Django's staticfiles finders and leaves the rest to `app`.

    The files are listed once; with DEBUG they are looked up at each request, so that an edit shows.
    """
    static: ASGI3Application = _with_finders_files(
        ServeStaticASGI(app, autorefresh=settings.DEBUG, allow_all_origins=False, add_headers_function=_headers)
    )
    return static


def _with_finders_files(static: ServeStaticASGI) -> ServeStaticASGI:
    storages = [
        storage
        for finder in get_finders()
        if isinstance(finder, AppDirectoriesFinder | FileSystemFinder)
        for storage in finder.storages.values()
    ]
    # Django's first match wins, servestatic's last one.
    for storage in reversed(storages):
        static.add_files(storage.location, f"{settings.STATIC_URL}{getattr(storage, 'prefix', None) or ''}")
    return static


def _headers(headers: Headers, path: str, url: str) -> None:
    # The names carry no hash, so a browser must ask each time; ETag and Last-Modified make that a 304.
    headers["Cache-Control"] = "no-cache"
