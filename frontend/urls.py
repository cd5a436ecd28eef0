"""The addresses of the pages."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import include, path, register_converter
from django.views.generic import RedirectView

from frontend import views
from frontend.converters import PlayerId

register_converter(PlayerId, "player_id")

app_name = "frontend"
urlpatterns = [
    path("", views.board, name="board"),
    path("players/", views.players, name="players"),
    path("players/<player_id:user_id>/", views.player, name="player"),
    path("tour/", views.tour, name="tour"),
    path("account/", include("frontend.account.urls")),
    # Asked for by whatever does not read the page's own <link>.
    path("favicon.ico", RedirectView.as_view(url=static("frontend/favicon.ico"), permanent=True)),
]
