"""Every HTTP address of the server; the sockets' are in `asgi`."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("scores.api.urls")),
    path("", include("frontend.urls")),
]

# Errors outside of views: JSON for programs, pages for people.
handler400 = "scores.api.errors.bad_request"
handler403 = "scores.api.errors.permission_denied"
handler404 = "scores.api.errors.page_not_found"
handler500 = "scores.api.errors.server_error"
