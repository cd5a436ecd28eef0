"""Django's settings, read from the environment by the typed readers of `env`.

`manage.py` fills in DATABASE_URL, REDIS_URL and SECRET_KEY from the embedded servers where
the environment leaves them out; this file only reads.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from leaderboard_project import env, logs
from leaderboard_project.postgresql.connection import PatientConnection

BASE_DIR = Path(__file__).resolve().parent.parent

#: Whether this serves people: processes then refuse to start on weak settings (`checks`, docs/decisions/0006).
PRODUCTION = env.boolean("RANKCAST_PRODUCTION", default=False)
DEBUG = env.boolean("RANKCAST_DEBUG", default=False)
# Without a configured key every process would draw its own: fine for `check`, useless for serving;
# `serve` keeps one in its data directory. Django's own prefix for keys that are not to be trusted.
SECRET_KEY = env.text("SECRET_KEY") or f"django-insecure-{secrets.token_urlsafe(50)}"
#: Keys of before, still believed: a new one can be put in front without logging anybody out.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", () if PRODUCTION else ("localhost", "127.0.0.1", "[::1]"))

INSTALLED_APPS = [
    *(["daphne"] if DEBUG else []),  # `runserver` with sockets; it imports Twisted, which `serve` need not wait for
    "leaderboard_project",
    "frontend",
    "realtime",
    "scores",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "scores.accounts.middleware.TellTooMany",
]

ROOT_URLCONF = "leaderboard_project.urls"
ASGI_APPLICATION = "leaderboard_project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- PostgreSQL: the truth -------------------------------------------------------------------


def _database(url: str) -> dict[str, Any]:
    """Django's settings of one PostgreSQL from a libpq URL (`?host=/dir` names a socket directory)."""
    try:
        parts: dict[str, Any] = conninfo_to_dict(url)
    except ProgrammingError:  # whose words repeat the address, and with it the password
        raise ImproperlyConfigured("DATABASE_URL is no address that PostgreSQL's libpq understands.") from None
    return {
        "ENGINE": "leaderboard_project.postgresql",  # looks at pooled connections itself: see there
        "NAME": parts.pop("dbname", "rankcast"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": 0,  # under ASGI each request has its own thread: only a pool may keep connections
        "OPTIONS": {
            **parts,
            "connect_timeout": 3,
            # A network that has died is noticed by whoever waits without a limit.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            # They are not sent while something that we said is not acknowledged: without this, a quarter of an hour.
            "tcp_user_timeout": 25_000,
            # A statement that hangs ends before our own patience does (PatientConnection), and a lock that nobody
            # lets go of before the ledger's, whose callers hear within three seconds.
            "options": "-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000"
            # Prepared are the ledger's statements alone, whose plans must not change with a batch's size: to plan
            # them anew each time was a quarter of PostgreSQL's work on small batches.
            " -c plan_cache_mode=force_generic_plan",
            "pool": {
                "min_size": 1,
                "max_size": env.integer("RANKCAST_DB_POOL", 16, minimum=4),
                "timeout": 2,
                "connection_class": PatientConnection,
                # An attempt to connect ends after that long, and whoever comes next begins another one. The pool's
                # default waits ever longer between its attempts: after an outage of a minute, half a minute more.
                "reconnect_timeout": 2,
            },
        },
    }


DATABASES = {
    "default": _database(env.address("DATABASE_URL", "postgresql:///rankcast", schemes=("postgresql", "postgres")))
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Valkey: the projection ------------------------------------------------------------------

REDIS_URL = env.address("REDIS_URL", "redis://127.0.0.1:6379/0", schemes=("redis", "rediss", "unix"))

CHANNEL_LAYERS = {
    "default": {
        # The pub/sub layer: no polling, no per-socket queue in Valkey. What it loses while it
        # reconnects is found by the watcher of `realtime`, which compares versions each second.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # socket_timeout None: redis-py 8 defaults to 5 s, which ends every idle subscription.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}], "prefix": "rankcast"},
    },
}

# --- Accounts ---------------------------------------------------------------------------------

AUTH_USER_MODEL = "scores.Player"
# Both hash two at a time, at low priority. Hashes of the second kind still log in, and become the first.
PASSWORD_HASHERS = ["scores.accounts.hashers.Argon2Hasher", "scores.accounts.hashers.OldPBKDF2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "scores.accounts.passwords.MaximumLengthValidator"},
]
#: Whether strangers may make accounts.
SIGNUP = env.boolean("RANKCAST_SIGNUP", default=True)
#: Whether players may submit sessions of their own, without a game server that vouches for them.
PLAYERS_MAY_SUBMIT = env.boolean("RANKCAST_PLAYERS_MAY_SUBMIT", default=False)
#: Secrets that sign access tokens, by key id: the first signs, all are believed. Empty: made from SECRET_KEY.
JWT_KEYS = env.named_secrets("RANKCAST_JWT_KEYS", min_bytes=32)
#: Overrides numbers of `scores.accounts.limits` by name.
ACCOUNTS: dict[str, Any] = {}

# --- Text, time, static files -----------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"

# --- HTTP -------------------------------------------------------------------------------------

APPEND_SLASH = False
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
#: Everything that a page needs comes from this server, and nothing in it is inline: a name that slipped
#: through the escaping would still find no way to run. 'self' covers the socket's address too.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
#: Origins besides the server's own that may open a live socket, as scheme://host[:port].
ALLOWED_ORIGINS = env.words("RANKCAST_ALLOWED_ORIGINS")
#: Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, and how many stand one behind the other.
TRUSTED_PROXIES = env.networks("RANKCAST_TRUSTED_PROXIES")
PROXY_COUNT = env.integer("RANKCAST_PROXY_COUNT", 1, minimum=1)

#: Whether the hot requests are answered past Django (`scores.fast_door`); the answers are the same.
FAST_DOOR = env.boolean("RANKCAST_FAST_DOOR", default=True)

# --- Archives (docs/backup.md) -------------------------------------------------------------------

#: Where snapshots are written to, unless another file is named.
SNAPSHOT_DIR = Path(
    env.text("RANKCAST_SNAPSHOT_DIR") or Path(env.text("RANKCAST_DATA") or BASE_DIR / "var") / "snapshots"
)
#: Hours between two snapshots that the worker takes, 0: none; and how many of those it keeps.
SNAPSHOT_HOURS = env.integer("RANKCAST_SNAPSHOT_HOURS", 24)
SNAPSHOT_KEEP = env.integer("RANKCAST_SNAPSHOT_KEEP", 7, minimum=1)

#: Where this process fails on purpose (`scores.failpoints`): for tests.
FAILPOINTS = env.text("RANKCAST_FAILPOINTS")

# --- HTTPS, which a proxy in front speaks -------------------------------------------------------

HTTPS = env.boolean("RANKCAST_HTTPS", default=PRODUCTION)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes come past the proxy
SECURE_HSTS_SECONDS = env.integer("RANKCAST_HSTS_SECONDS", 365 * 24 * 3600 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.boolean("RANKCAST_HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.boolean("RANKCAST_HSTS_PRELOAD", default=False)
# Whether all other hosts of a domain speak HTTPS is for its owner to know: a promise for a year is not made unasked.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- Cookies ------------------------------------------------------------------------------------

SESSION_COOKIE_AGE = 8 * 3600  # a working day: who moderates logs in each morning
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # no script reads either
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# With this prefix, browsers take a cookie from this very host over HTTPS only: no sister domain can plant one.
_HOST = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_HOST}sessionid"
CSRF_COOKIE_NAME = f"{_HOST}csrftoken"

# --- The REST API ------------------------------------------------------------------------------

REST_FRAMEWORK = {
    # Closed unless a view says otherwise: a forgotten line must not open anything.
    "DEFAULT_AUTHENTICATION_CLASSES": ["scores.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["scores.api.answers.StructRenderer"],
    "DEFAULT_PARSER_CLASSES": ["scores.api.documents.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS would describe serializers, which we do not have
    "EXCEPTION_HANDLER": "scores.api.errors.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Rankcast",
    "DESCRIPTION": "A real-time leaderboard server: submit sessions, read boards, and watch them live over WebSocket.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",  # whose schemas are JSON Schema, as msgspec writes it
    "POSTPROCESSING_HOOKS": [],  # the default one would move the enums of serializers; structs need none
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Logs ---------------------------------------------------------------------------------------

LOGGING = logs.configuration(
    form=env.choice("RANKCAST_LOG_FORMAT", ("console", "json")),
    level=env.choice("RANKCAST_LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
)
