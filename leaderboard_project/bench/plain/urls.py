"""The plain way's addresses, the same as the product's."""

from __future__ import annotations

from django.urls import path

from leaderboard_project.bench.plain.views import SubmitView, ready

urlpatterns = [
    path("api/leaderboard/submit", SubmitView.as_view()),
    path("readyz", ready),
]
