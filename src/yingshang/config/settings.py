"""Settings of the platform. Whatever differs between places comes from the environment, and only from there.

`yingshang serve` and `make demo` fill in what is missing for a platform on one machine (see `operations.environment`);
in production the variables are set by whoever runs it. `docs/guides/operations.md` lists them all.
"""

from __future__ import annotations

import gc
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

# Hardly anything of what the applications load is ever garbage: looking it over for every 700 new objects, as Python
# does by itself, takes a fifth of the time to start, and something of every request after.
gc.set_threshold(20_000, 10, 10)

env = environ.FileAwareEnv()

PACKAGE = Path(__file__).resolve().parent.parent

# --- what must be given ----------------------------------------------------------------------------------------------

SECRET_KEY = env("SECRET_KEY", default="")
DATABASE_URL = env("DATABASE_URL", default="")
# Fernet keys, newest first: the first encrypts, all decrypt.
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
# 64 hexadecimal digits: finds encrypted values again by a keyed hash.
LOOKUP_KEY = env("LOOKUP_KEY", default="")
# 64 hexadecimal digits: the Ed25519 key that signs checkpoints of the log. Without it nothing is sequenced.
LEDGER_SIGNING_KEY = env("LEDGER_SIGNING_KEY", default="")
# The name of the log in its checkpoints; kept from the first one on, and made from the key when it is not given.
LEDGER_ORIGIN = env("LEDGER_ORIGIN", default="")
for _name in ("SECRET_KEY", "DATABASE_URL", "FIELD_ENCRYPTION_KEYS", "LOOKUP_KEY"):
    if not globals()[_name]:
        raise ImproperlyConfigured(
            f"{_name} is not set. `yingshang serve` sets it up for one machine; "
            "docs/guides/operations.md says what to set in production."
        )

# --- the place -------------------------------------------------------------------------------------------------------

DATA_DIRECTORY = Path(env("DATA_DIRECTORY", default="var/platform")).absolute()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Behind a proxy that ends TLS. Without it cookies travel over plain http, which only a machine's own loopback may do.
HTTPS = env.bool("HTTPS", default=False)
# How many proxies of our own stand in front; as many entries at the end of X-Forwarded-For are believed, no others.
PROXIES = env.int("PROXIES", default=0)
# Where people reach the platform, for addresses that leave it: codes on printed documents.
PUBLIC_ADDRESS = env("PUBLIC_ADDRESS", default="http://localhost:8000")
DEMONSTRATION = env.bool("DEMONSTRATION", default=False)
"""Shows the mark 演示数据 on every page. It changes nothing else."""
METRICS_TOKEN = env("METRICS_TOKEN", default="")

DATABASES = {
    "default": {
        **env.db_url_config(DATABASE_URL),
        "ENGINE": "django.db.backends.postgresql",
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "yingshang.kernel.ledger",
    "yingshang.kernel.access",
    "yingshang.kernel.parties",
    "yingshang.kernel.jobs",
    "yingshang.kernel.clock",
    "yingshang.kernel.documents",
    "yingshang.kernel.notices",
    "yingshang.kernel.ratings",
    "yingshang.kernel.forms",
    "yingshang.kernel.flow",
    "yingshang.areas.policies",
    "yingshang.areas.claims",
    "yingshang.areas.contracts",
    "yingshang.areas.appeals",
    "yingshang.processes.enterprise_binding",
    "yingshang.processes.fact_objection",
    "yingshang.processes.arrears",
    "yingshang.web.design",
    "yingshang.web.portal",
    "yingshang.web.desk",
    "yingshang.web.policies",
    "yingshang.web.claims",
    "yingshang.web.appeals",
    "yingshang.web.contracts",
    "yingshang.web.ratings",
    "yingshang.web.cockpit",
    "yingshang.web.verify",
    "yingshang.web.administration",
    "yingshang.web.api",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "django_structlog",
    "django_tables2",
    "oauth2_provider",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "yingshang.web.health.middleware.MetricsMiddleware",
    "yingshang.web.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "yingshang.web.request_log.RequestLogMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "yingshang.kernel.access.middleware.AccessMiddleware",
    "yingshang.web.uploads.BodyLimitMiddleware",
    "yingshang.web.errors.ErrorsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "yingshang.config.urls"
WSGI_APPLICATION = "yingshang.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "yingshang.web.design.context.page",
            ],
        },
    }
]
FORM_RENDERER = "yingshang.web.design.renderer.Renderer"
DJANGO_TABLES2_TEMPLATE = "design/components/table.html"

# --- language and time -----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "web" / "design" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# --- static files ----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIRECTORY / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # What people send is for the platform's own account on the machine alone.
        "OPTIONS": {
            "location": DATA_DIRECTORY / "files",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- accounts --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# The file of roles of this place; empty for the one that comes with the platform.
ROLES_FILE = env("ROLES_FILE", default="")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:start"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_ADAPTER = "yingshang.kernel.notices.accounts.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "yingshang.kernel.access.accounts.SignupForm"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Whether an e-mail address has an account is told to nobody: registering with one that is taken goes through as usual,
# and only the account that confirms the address can log in by it.
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Wrong passwords are axes' work (see AccountAdapter.pre_authenticate); this is for the codes of second factors.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/5m/key"}
MFA_ADAPTER = "yingshang.kernel.access.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": env.json("OPENID_CONNECT_PROVIDERS", default=[])}}
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
USERSESSIONS_TRACK_ACTIVITY = False

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "yingshang.kernel.access.accounts.login_name"
AXES_CLIENT_IP_CALLABLE = "yingshang.kernel.access.accounts.client_address"
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "account/lockout.html"
AXES_VERBOSE = False

# The library's own models; its migrations look for the names here.
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "oauth2_provider.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "oauth2_provider.RefreshToken"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "oauth2_provider.IDToken"
OAUTH2_PROVIDER_GRANT_MODEL = "oauth2_provider.Grant"
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "SCOPES_BACKEND_CLASS": "yingshang.kernel.access.scopes.PermissionScopes",
    "ALLOWED_GRANT_TYPES": ["client-credentials"],
}

# --- security --------------------------------------------------------------------------------------------------------

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
# Probes come from beside the platform, over plain http.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        # Charts and the component library set sizes as style attributes.
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# The list of a flow's steps is one form: 200 steps with some thirty fields each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# Bytes of one file that people attach.
DOCUMENT_UPLOAD_LIMIT = env.int("DOCUMENT_UPLOAD_LIMIT", default=10 * 1024 * 1024)
# What the policy sandbox keeps in each web process, in bytes: columns of enterprises, and what was computed of them.
SANDBOX_MEMORY = env.int("SANDBOX_MEMORY", default=768 * 1024 * 1024)

# --- the API ---------------------------------------------------------------------------------------------------------

# Requests that may come at once and come back evenly over the period: a system, a user, an address without either,
# and an address that asks for tokens.
API_RATE_LIMITS = {
    "client": env("API_RATE_CLIENT", default="1200/minute"),
    "user": env("API_RATE_USER", default="300/minute"),
    "address": env("API_RATE_ADDRESS", default="60/minute"),
    "token": env("API_RATE_TOKEN", default="30/minute"),
    "verify": env("VERIFY_RATE", default="30/minute"),
    "calculator": env("CALCULATOR_RATE", default="240/minute"),
    "search": env("LIBRARY_SEARCH_RATE", default="240/minute"),
    "appeals": env("APPEALS_RATE", default="60/hour"),
}
API_BODY_LIMIT = env.int("API_BODY_LIMIT", default=1024 * 1024)
API_UPLOAD_LIMIT = env.int("API_UPLOAD_LIMIT", default=512 * 1024 * 1024)
API_IDEMPOTENCY_HOURS = env.int("API_IDEMPOTENCY_HOURS", default=24)

# --- jobs, messages, logs --------------------------------------------------------------------------------------------

WORKER_DEAD_AFTER_SECONDS = env.int("WORKER_DEAD_AFTER_SECONDS", default=30)
FINISHED_JOBS_KEPT_HOURS = env.int("FINISHED_JOBS_KEPT_HOURS", default=24 * 30)
# Schedules are in TIME_ZONE.
PROCRASTINATE_ON_APP_READY = "yingshang.kernel.jobs.schedule.in_local_time"
PROCRASTINATE_WORKER_DEFAULTS = {
    "update_heartbeat_interval": WORKER_DEAD_AFTER_SECONDS / 3,
    "stalled_worker_timeout": WORKER_DEAD_AFTER_SECONDS,
    "shutdown_graceful_timeout": 20,
}

vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:1025"))
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default="noreply@localhost")
# {"url": …, "token": …, "sign": …} of a gateway for text messages, and name → {"url": …, "secret": …} of webhooks.
SMS_GATEWAY = env.json("SMS_GATEWAY", default={})
WEBHOOKS = env.json("WEBHOOKS", default={})
# "sms", "wechat", "message_5g" → {"url": …, "token": …, "sign": …, "secret": …, "callback_secret": …}.
MESSAGE_GATEWAYS = env.json("MESSAGE_GATEWAYS", default={})
# The ways to banks, by the code funds name: {"type": "http", "url": …, "token_variable": "…_TOKEN"} or
# {"type": "folder", "folder": …}, and with both "name", "format" (xml or csv) and "encoding" (utf-8-sig or gb18030).
PAYMENT_CHANNELS = env.json("PAYMENT_CHANNELS", default={})
# The list of sensitive words of this place; empty for the one that comes with the platform.
SENSITIVE_WORDS_FILE = env("SENSITIVE_WORDS_FILE", default="")
# A language model behind an OpenAI-compatible address may propose drafts from documents; without an address it is off.
LANGUAGE_MODEL_ADDRESS = env("LANGUAGE_MODEL_ADDRESS", default="")
LANGUAGE_MODEL_NAME = env("LANGUAGE_MODEL_NAME", default="")
LANGUAGE_MODEL_KEY = env("LANGUAGE_MODEL_KEY", default="")
LANGUAGE_MODEL_SECONDS = env.float("LANGUAGE_MODEL_SECONDS", default=60.0)

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    }
}

DJANGO_STRUCTLOG_CELERY_ENABLED = False
# RequestIdMiddleware has made it usable, or made one.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
LOG_FORMAT = env("LOG_FORMAT", default="json")

from yingshang.config.logs import logging_settings  # noqa: E402  (it needs nothing but the format)

LOGGING = logging_settings(LOG_FORMAT, env("LOG_LEVEL", default="INFO"))

SILENCED_SYSTEM_CHECKS: list[str] = []
