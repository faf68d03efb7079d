"""Settings from the environment, as `./guanxi` and the administrator's guide set them.

GUANXI_DATA           folder of everything that is not in the database (files, keys)
DATABASE_URL          PostgreSQL as the app role; GUANXI_OWNER_DATABASE_URL as the owner, for migrations
GUANXI_SECRET_KEY     signing key; GUANXI_ALLOWED_HOSTS, GUANXI_ORIGIN for the address that people use
GUANXI_PROXIES        number of own reverse proxies in front, whose X-Forwarded-For is believed (project.wsgi)
GUANXI_SMTP_URL       smtp(s)://user:password@host:port; absent: messages stay in the development mailbox
GUANXI_DEMO           "1" offers the one-click entries on a loopback address
GUANXI_OPEN_SIGNUP    "1" lets any visitor create a company; else only the first one, and people who are signed in
GUANXI_STREAM_URL     where the browser finds the event stream
"""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from guanxi.project.storing import files_storage

PACKAGE = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("GUANXI_DATA", ".guanxi")).resolve()
DEMO = os.environ.get("GUANXI_DEMO") == "1"
OPEN_SIGNUP = os.environ.get("GUANXI_OPEN_SIGNUP") == "1"
DEBUG = os.environ.get("GUANXI_DEBUG") == "1"
SECRET_KEY = os.environ.get("GUANXI_SECRET_KEY", "")
ORIGIN = os.environ.get("GUANXI_ORIGIN", "http://127.0.0.1:8000")
SECURE = ORIGIN.startswith("https://")
ALLOWED_HOSTS = os.environ.get("GUANXI_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [ORIGIN]
STREAM_URL = os.environ.get("GUANXI_STREAM_URL", "")
# Where the source of this very program is; empty: as the package names it, else the program hands out its own.
SOURCE_URL = os.environ.get("GUANXI_SOURCE_URL", "")


def database(url: str, *, pool: bool) -> dict[str, object]:
    """Django's settings of one connection from a URL such as postgresql://user:password@/name?host=/run/x."""
    parts = urlsplit(url or "postgresql://guanxi_app@/guanxi")
    query = dict(parse_qsl(parts.query))
    size = int(os.environ.get("GUANXI_POOL_SIZE", "4"))
    options: dict[str, object] = {"pool": {"min_size": 1, "max_size": size, "timeout": 20}} if pool else {}
    return {
        "ENGINE": "guanxi.core.db",
        "NAME": parts.path.lstrip("/") or "guanxi",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": query.pop("port", None) or str(parts.port or ""),
        "OPTIONS": {**options, **query},
        "CONN_HEALTH_CHECKS": True,
        "TIME_ZONE": "UTC",
    }


DATABASES = {
    "default": database(os.environ.get("DATABASE_URL", ""), pool=os.environ.get("GUANXI_POOL", "1") == "1"),
    "owner": database(os.environ.get("GUANXI_OWNER_DATABASE_URL", ""), pool=False),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOMS = (
    "core",
    "identity",
    "records",
    "messaging",
    "segments",
    "catalogue",
    "customers",
    "activity",
    "engagement",
    "sales",
    "analytics",
    "desk",
)
INSTALLED_APPS = [
    *(f"guanxi.{room}" for room in ROOMS if (PACKAGE / room / "apps.py").exists()),
    "guanxi.project.apps.ProjectConfig",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "guanxi.core.http.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "guanxi.identity.activity.SessionActivity",
    "guanxi.identity.http.ActorMiddleware",
]
ROOT_URLCONF = "guanxi.project.urls"
WSGI_APPLICATION = "guanxi.project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja",
        "DIRS": [str(PACKAGE / room / "templates") for room in ROOMS],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "guanxi.core.ui.environment.environment",
            "autoescape": True,
            "context_processors": ["guanxi.core.http.form_token"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "NAME": "django",
        "DIRS": [str(PACKAGE / "identity" / "allauth_templates")],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "guanxi.core.http.template_context",
            ]
        },
    },
]

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_ADAPTER = "guanxi.identity.adapters.AccountAdapter"
MFA_ADAPTER = "guanxi.identity.adapters.MFAAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login_failed": "5/15m/key,30/15m/ip"}
ACCOUNT_LOGOUT_ON_GET = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
USERSESSIONS_TRACK_ACTIVITY = True
LOGIN_URL = "/auth/login/"
LOGIN_REDIRECT_URL = "/"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}}
SESSION_ENGINE = "guanxi.identity.sessions"
SESSION_COOKIE_NAME = "guanxi_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_NAME = "guanxi_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REDIRECT_EXEMPT: list[str] = []
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_MAX_SIZE = 25 * 1024 * 1024
# Requests per minute of one token or person, in each web process (records.api.throttle).
API_RATE_LIMIT = int(os.environ.get("GUANXI_API_RATE_LIMIT", "120000"))

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Chinese, simplified"))]
LOCALE_PATHS = [str(PACKAGE / "project" / "locale"), str(PACKAGE / "records" / "api" / "locale")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = str(DATA / "static")
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
# The bundle's names hold a hash of the content.
WHITENOISE_IMMUTABLE_FILE_TEST = r"/bundle/[^/]+-[0-9A-Za-z]{8}\.[a-z0-9]+$"
STORAGES = {
    "default": files_storage(os.environ, DATA / "files"),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SMTP_URL = os.environ.get("GUANXI_SMTP_URL", "")
MAIL_FROM = os.environ.get("GUANXI_MAIL_FROM", "Guanxi <guanxi@localhost>")
EMAIL_BACKEND = "guanxi.messaging.backend.GatewayEmailBackend"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("GUANXI_LOG_LEVEL", "WARNING")},
}
