"""The addresses of the REST API."""

from __future__ import annotations

from django.urls import path

from scores.api.views.boards import AroundView, PublicBoardView, RankView, TopView
from scores.api.views.docs import DocsView, SchemaView
from scores.api.views.health import AliveView, HealthCheckView, ReadyView
from scores.api.views.logins import LoginView, LogoutView, PasswordView, RefreshView, SignupView
from scores.api.views.me import MeView, OwnSessionsView, TicketView
from scores.api.views.players import PlayersView
from scores.api.views.submit import SubmitBatchView, SubmitView

urlpatterns = [
    path("api/leaderboard/submit", SubmitView.as_view(), name="submit"),
    path("api/leaderboard/submit/batch", SubmitBatchView.as_view(), name="submit-batch"),
    path("api/leaderboard/top", TopView.as_view(), name="top"),
    # Ids are read by the views: a bad one is told as such, not as a missing page.
    path("api/leaderboard/rank/<str:user_id>", RankView.as_view(), name="rank"),
    path("api/leaderboard/around/<str:user_id>", AroundView.as_view(), name="around"),
    path("api/players", PlayersView.as_view(), name="players"),
    path("api/auth/signup", SignupView.as_view(), name="api-signup"),
    path("api/auth/login", LoginView.as_view(), name="api-login"),
    path("api/auth/refresh", RefreshView.as_view(), name="api-refresh"),
    path("api/auth/logout", LogoutView.as_view(), name="api-logout"),
    path("api/auth/password", PasswordView.as_view(), name="api-password"),
    path("api/auth/ticket", TicketView.as_view(), name="api-ticket"),
    path("api/auth/me", MeView.as_view(), name="api-me"),
    path("api/auth/me/sessions", OwnSessionsView.as_view(), name="api-my-sessions"),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="docs"),
    path("v1/leaderboard/public", PublicBoardView.as_view(), name="public-leaderboard"),
    path("v1/health-check", HealthCheckView.as_view(), name="health-check"),
    path("healthz", AliveView.as_view(), name="healthz"),
    path("readyz", ReadyView.as_view(), name="readyz"),
]
