"""The addresses of the account's pages."""

from __future__ import annotations

from django.urls import path

from frontend.account.views import data, entering, overview, password, submitting

app_name = "account"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("sessions/", overview.sessions, name="sessions"),
    path("signup/", entering.sign_up, name="signup"),
    path("login/", entering.log_in, name="login"),
    path("logout/", entering.log_out, name="logout"),
    path("password/", password.change, name="password"),
    path("submit/", submitting.submit, name="submit"),
    path("data/", data.download, name="data"),
    path("delete/", data.delete, name="delete"),
    path("deleted/", data.deleted, name="deleted"),
]
