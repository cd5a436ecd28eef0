"""Settings of the plain way: the same servers as the product's, in a schema and a database number of its own."""

from __future__ import annotations

from typing import Any

from leaderboard_project import env, settings

SECRET_KEY = settings.SECRET_KEY
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
INSTALLED_APPS = ["leaderboard_project.bench.plain", "rest_framework", "channels"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "leaderboard_project.bench.plain.urls"
ASGI_APPLICATION = "leaderboard_project.bench.plain.asgi.application"
USE_TZ = True

SCHEMA = "plain"
_database: dict[str, Any] = settings.DATABASES["default"]
# With a pool, as Django's documentation advises under ASGI: the plain way shall not pay for new connections.
_OPTIONS = {
    **_database["OPTIONS"],
    "options": f"-c search_path={SCHEMA}",
    "pool": {**_database["OPTIONS"]["pool"], "min_size": 4},
}
DATABASES = {"default": {**_database, "OPTIONS": _OPTIONS}}

REDIS_URL = env.text("REDIS_URL")
#: Sorted sets in a database of their own; pub/sub knows no databases, so the groups have a prefix of their own.
RANKS_DB = 1
RANKS_KEY = "leaderboard"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}], "prefix": "plain"},
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["leaderboard_project.bench.plain.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
LOGGING_CONFIG = None
