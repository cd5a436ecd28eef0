"""Every HTTP address of the server; the sockets' are in `asgi`."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("scores.api.urls")),
    path("", include("frontend.urls")),
]
