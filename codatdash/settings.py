"""All settings, read from the environment or `.env` (see `.env.example` for each one's meaning)."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from jinja2 import ChainableUndefined

from codatdash import environment as env
from codatdash import log_settings
from codatdash.hardening import policies
from codatdash.signin import provider_settings
from codatdash.signin.allauth_settings import *  # noqa: F403  Django reads this module alone
from codatdash.signin.password_settings import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent
env.load(BASE_DIR / ".env")

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY", "it signs sessions and forms")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

# --- Codat -------------------------------------------------------------------------------------

CODAT_BASE_URL = env.http_url("CODAT_BASE_URL", "https://api.codat.io")
CODAT_AUTH_HEADER = env.header("CODAT_AUTH_HEADER")
CODAT_API_KEY = env.header("CODAT_API_KEY")
if not CODAT_AUTH_HEADER:
    env.secret(
        "CODAT_API_KEY", "Codat accepts no call without it (CODAT_AUTH_HEADER is the alternative)"
    )
CODAT_WEBHOOK_SECRET = env.webhook_secret("CODAT_WEBHOOK_SECRET")
CODAT_PROXY = env.http_url("CODAT_PROXY")
# Seconds.
CODAT_CONNECT_TIMEOUT = env.number("CODAT_CONNECT_TIMEOUT", 3.05, minimum=0.1, maximum=60)
CODAT_READ_TIMEOUT = env.number("CODAT_READ_TIMEOUT", 20.0, minimum=0.1, maximum=600)
CODAT_PAGE_DEADLINE = env.number("CODAT_PAGE_DEADLINE", 25.0, minimum=0.1, maximum=600)
_threads = env.whole("WEB_THREADS", 64, minimum=1, maximum=1000)
# As large as the server's threads: see gunicorn.conf.py.
CODAT_POOL_SIZE = env.whole("CODAT_POOL_SIZE", _threads, minimum=1, maximum=1000)
# Downloads at the same time in one process. A download occupies a thread for as long as the browser takes, so some
# threads are left for pages.
CODAT_MAX_DOWNLOADS = env.whole(
    "CODAT_MAX_DOWNLOADS", max(_threads - 12, _threads // 2, 1), minimum=1, maximum=1000
)

# Concurrent calls to Codat in one process, including those that wait for a slot. The other threads never wait for
# Codat. A quarter of the threads may wait for requests that arrive slowly: see codatdash/worker.py.
CODAT_MAX_CALLS = env.whole("CODAT_MAX_CALLS", max(_threads * 3 // 4, 1), minimum=1, maximum=1000)
# Codat's own limit of concurrent calls per company.
CODAT_CALLS_AT_ONCE = env.whole("CODAT_CALLS_AT_ONCE", 10, minimum=1, maximum=1000)
# Of those, the ones that the worker may take. Processes that share no cache do not know of each other's calls: then
# pages take only the others.
CODAT_WORKER_CALLS_AT_ONCE = env.whole(
    "CODAT_WORKER_CALLS_AT_ONCE", max(min(4, CODAT_CALLS_AT_ONCE // 2), 1), minimum=1, maximum=1000
)
if CODAT_WORKER_CALLS_AT_ONCE >= CODAT_CALLS_AT_ONCE:
    raise ImproperlyConfigured(
        f"CODAT_WORKER_CALLS_AT_ONCE is {CODAT_WORKER_CALLS_AT_ONCE}. It must be less than"
        f" CODAT_CALLS_AT_ONCE, which is {CODAT_CALLS_AT_ONCE}: the rest is for people."
    )
# Rows a second that one worker checks or sends at most. Codat allows an address 1,000 calls a minute, pages included.
CODAT_WORKER_PACE = env.number("CODAT_WORKER_PACE", 10.0, minimum=0.1, maximum=1000)
# The share of the daily quota that is reserved for people.
CODAT_QUOTA_RESERVE = env.number("CODAT_QUOTA_RESERVE", 0.1, minimum=0, maximum=1)

# Retention of what was sent and of the record before it, in days: see `manage.py forget_payloads`.
KEEP_PAYLOADS_DAYS = env.whole("KEEP_PAYLOADS_DAYS", 365, minimum=1, maximum=36_500)
# Retention of uploaded files and their rows, in days.
KEEP_IMPORTS_DAYS = env.whole("KEEP_IMPORTS_DAYS", 30, minimum=1, maximum=36_500)

# Retention of the audit, in days: of reads of customers, and of everything else.
AUDIT_DAYS_READS = env.whole("AUDIT_DAYS_READS", 90, minimum=1, maximum=36_500)
AUDIT_DAYS = env.whole("AUDIT_DAYS", 1095, minimum=1, maximum=36_500)

# Days after which a request for approval that nobody decided about expires.
APPROVAL_DAYS = env.whole("APPROVAL_DAYS", 7, minimum=1, maximum=365)

# Whether finding data of all customers are stored, for the search over all companies.
INDEX_CUSTOMERS = env.flag("INDEX_CUSTOMERS", default=True)

# The dashboard's own name, in its frame and in titles.
PRODUCT_NAME = env.text("PRODUCT_NAME") or "Customers"
# Who helps with the dashboard; "" for the administrator.
SUPPORT_CONTACT = env.text("SUPPORT_CONTACT")
# The administrator that error pages name.
ADMINISTRATOR_NAME = env.text("ADMINISTRATOR_NAME")
ADMINISTRATOR_EMAIL = env.text("ADMINISTRATOR_EMAIL")

# Whether `/admin/` exists: Django's site for users and groups, for emergencies.
ADMIN_SITE = env.flag("ADMIN_SITE", default=False)

# The server that sends mail, and whom mail is from. Without it, pages show what would have been sent.
_mail = env.mail("EMAIL_URL")
HAS_MAIL = bool(_mail)
EMAIL_BACKEND = _mail.get("EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend")
EMAIL_HOST = _mail.get("EMAIL_HOST", "localhost")
EMAIL_PORT = _mail.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
# Seconds for one step of the conversation with the server: a page may wait for it.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL") or ADMINISTRATOR_EMAIL or "dashboard@localhost"

# The dashboard's own address, for links in mail, in the team's channels and in files.
DASHBOARD_URL = env.http_url("DASHBOARD_URL", "http://127.0.0.1:8000")
HAS_DASHBOARD_URL = bool(env.text("DASHBOARD_URL"))
# Hosts that messages to channels may be sent to; a leading dot stands for all subdomains. The default is those of
# Slack and of Teams' workflows.
NOTICE_HOSTS = env.hosts(
    "NOTICE_HOSTS",
    [
        "hooks.slack.com",
        ".webhook.office.com",
        ".logic.azure.com",
        ".environment.api.powerplatform.com",
    ],
)
# For tests only, so not read from the environment: the receiver of a host, as its address, port and certificate.
NOTICE_RECEIVERS_OF_TESTS: dict[str, tuple[str, int, str]] = {}

# For a reader who has chosen no other: see customers/localisation.py.
DEFAULT_TIME_ZONE = env.time_zone("DEFAULT_TIME_ZONE", "UTC")
DEFAULT_LOCALE = env.locale("DEFAULT_LOCALE", "en-GB")

_codat = urlsplit(CODAT_BASE_URL)
# True for the sandbox, which runs on this machine only; the pages then show that.
CODAT_IS_LOCAL = _codat.hostname in ("127.0.0.1", "localhost", "::1")
if _codat.scheme == "http" and not CODAT_IS_LOCAL:
    raise ImproperlyConfigured(
        "CODAT_BASE_URL must be https: otherwise the API key is sent unencrypted."
    )

# --- Django ------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "customers",
]

MIDDLEWARE = [
    # First: static files, redirects to https and refused hosts have these headers, too.
    "codatdash.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # After WhiteNoise: static files have no line in the log.
    "codatdash.logs.RequestLogMiddleware",
    "codatdash.compression.PageCompressionMiddleware",
    # Before anything that reads a session.
    "codatdash.middleware.HealthMiddleware",
    "customers.web.middleware.WatchWritesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "codatdash.middleware.AuditSourceMiddleware",
    # Outside everything that may refuse a page.
    "customers.web.audited.AuditMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "codatdash.middleware.SessionLifetimeMiddleware",
    "customers.access.middleware.ScopeMiddleware",
    "codatdash.middleware.MethodNotAllowedMiddleware",
    "customers.web.middleware.SignInForHtmxMiddleware",
    "codatdash.middleware.SignInMiddleware",
    "codatdash.signin.second_factor.SecondFactorMiddleware",
    "customers.web.middleware.ReaderMiddleware",
    "customers.people.last_seen.LastSeenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "customers.web.middleware.CodatMiddleware",
]

ROOT_URLCONF = "codatdash.urls"
WSGI_APPLICATION = "codatdash.wsgi.application"

_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
]
TEMPLATES = [
    {
        # Measured over a socket: a list page takes 4.6 ms with it and 6.1 with Django's own engine,
        # a customer 3.2 and 5.4.
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "environment": "customers.web.jinja.environment",
            "context_processors": [
                *_PROCESSORS,
                "customers.web.context_processors.dashboard",
                "customers.home.frame.home",
                "customers.people.frame.people",
                "customers.approvals.frame.approvals",
            ],
            # A missing name or attribute renders as nothing, at any depth.
            "undefined": ChainableUndefined,
            "keep_trailing_newline": True,
            # Indentation before a tag is for those who read the template.
            "lstrip_blocks": True,
        },
    },
    {
        # For the admin site.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                *_PROCESSORS,
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

# For the default database and the files of `make run`; git ignores it.
(BASE_DIR / "var").mkdir(mode=0o700, exist_ok=True)
DATABASES = {
    "default": env.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'var' / 'db.sqlite3'}")
}
_database = DATABASES["default"]
_options = _database.setdefault("OPTIONS", {})
# Time-out in seconds for one statement and for each response of a server; 0 for no limit. manage.py allows an hour.
DATABASE_TIMEOUT = env.whole("DATABASE_TIMEOUT", 8, minimum=0, maximum=86_400)
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["ENGINE"] = "codatdash.sqlite"
    _options |= {
        # Readers do not wait for a writer, and a writer takes its lock at the start of a
        # transaction instead of failing half way. FULL: the journal survives a power cut, too.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
    # A file, because the server threads of live tests use it too; one for each test run.
    _database["TEST"] = {"NAME": str(BASE_DIR / "var" / f"test-{os.getpid()}.sqlite3")}
else:
    _database["ENGINE"] = "codatdash.postgresql"
    _limits = {
        "connect_timeout": 3,
        "options": f"-c statement_timeout={DATABASE_TIMEOUT * 1000}",
        # Milliseconds until sent data must be acknowledged; seconds of silence until the peer is probed.
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
    # Options in DATABASE_URL override these.
    _database["OPTIONS"] = _limits | _options
# Each thread keeps its connection: opening SQLite costs a fifth of a list page, PostgreSQL more.
_database["CONN_MAX_AGE"] = 60
_database["CONN_HEALTH_CHECKS"] = True

CACHES = {
    # For the counters of one process while the shared cache is unavailable.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"},
    "default": env.cache("CACHE_URL", "locmemcache://"),
    # The last responses of Codat, shown while it is unavailable. A cache of its own, so that they evict nothing else.
    "stale": env.cache("CACHE_URL", "locmemcache://stale"),
}
if CACHES["default"]["BACKEND"].endswith("LocMemCache"):
    CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": 3000}
    CACHES["stale"]["OPTIONS"] = {"MAX_ENTRIES": 200}  # of at most 256 KiB each

SESSION_ENGINE = "codatdash.sessions"
# A session ends after so many minutes without use, and in any case after so many hours.
SESSION_IDLE_MINUTES = env.whole("SESSION_IDLE_MINUTES", 480, minimum=1, maximum=100_000)
SESSION_MAX_HOURS = env.whole("SESSION_MAX_HOURS", 24, minimum=1, maximum=10_000)
SESSION_COOKIE_AGE = SESSION_MAX_HOURS * 3600
AUTHENTICATION_BACKENDS = ["codatdash.accounts.UserBackend"]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Sign-in -----------------------------------------------------------------------------------

# The OpenID provider. https, except on this machine: its answers say who signs in.
OIDC_ISSUER = env.issuer("OIDC_ISSUER")
OIDC_NAME = env.text("OIDC_NAME") or "Single sign-on"
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET")
if OIDC_ISSUER:
    env.secret("OIDC_CLIENT_ID", "OIDC_ISSUER needs the client that the provider has registered")
OIDC_GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM") or "groups"
# (group at the provider, role) each. Empty: an administrator gives roles.
OIDC_ROLES = env.pairs("OIDC_ROLES", provider_settings.ROLES)
OIDC_PROVIDER_ID = provider_settings.provider_id(OIDC_ISSUER)
# Whether people may sign in with a name and a password of the dashboard.
LOCAL_PASSWORDS = env.flag("LOCAL_PASSWORDS", default=True)
if not LOCAL_PASSWORDS and not OIDC_ISSUER:
    raise ImproperlyConfigured(
        "LOCAL_PASSWORDS is off and OIDC_ISSUER is not set: nobody could sign in."
    )
# Names of the firm that do not count in a password.
PASSWORD_WORDS = env.words("PASSWORD_WORDS")
# Whether editors and above need a second factor, or a sign-in at the provider.
REQUIRE_SECOND_FACTOR = env.flag("REQUIRE_SECOND_FACTOR", default=False)

SOCIALACCOUNT_PROVIDERS = provider_settings.providers(
    issuer=OIDC_ISSUER, name=OIDC_NAME, client_id=OIDC_CLIENT_ID, secret=OIDC_CLIENT_SECRET
)

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "codatdash.static_files.HashedFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
# No header that lets pages of other origins read them.
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ADD_HEADERS_FUNCTION = policies.add_static_headers

# A form of a large model has thousands of inputs. Larger posts are refused with a sentence.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["codatdash.uploads.NoFiles"]

# --- Security ----------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = policies.CONTENT_SECURITY_POLICY
PERMISSIONS_POLICY = policies.PERMISSIONS_POLICY
CSRF_FAILURE_VIEW = "customers.web.resubmit.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Except on this machine, cookies are sent over TLS only.
SECURE_COOKIES = env.flag("SECURE_COOKIES", default=not (DEBUG or CODAT_IS_LOCAL))
SESSION_COOKIE_SECURE = SECURE_COOKIES
# Passkeys need https, except on this machine.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE_COOKIES
CSRF_COOKIE_SECURE = SECURE_COOKIES
BEHIND_TLS_PROXY = env.flag("BEHIND_TLS_PROXY", default=False)
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies in front append to X-Forwarded-For. Sign-in counts guesses by the address that they report.
PROXY_COUNT = env.whole("PROXY_COUNT", 0, minimum=0, maximum=10)
SECURE_SSL_REDIRECT = env.flag("HTTPS_REDIRECT", default=BEHIND_TLS_PROXY)
# Load balancers request these over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
_hsts_default = 31_536_000 if BEHIND_TLS_PROXY else 0  # a year
SECURE_HSTS_SECONDS = env.whole("HSTS_SECONDS", _hsts_default, minimum=0, maximum=63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", default=BEHIND_TLS_PROXY)
SECURE_HSTS_PRELOAD = env.flag("HSTS_PRELOAD", default=False)
# Whether a whole domain is in the browsers' preload list is decided by its owner, not by one of its hosts.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
# Where a vulnerability is reported: see codatdash/hardening/security_txt.py.
SECURITY_CONTACT = env.contacts("SECURITY_CONTACT")
# The prefix __Host- binds a cookie to this host and to https.
_COOKIE_PREFIX = "__Host-" if SECURE_COOKIES else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrftoken"
KNOWN_BROWSER_COOKIE = f"{_COOKIE_PREFIX}known_browser"
PASSKEY_COOKIE = f"{_COOKIE_PREFIX}passkey"

_LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
_LOG_FORMAT = env.choice("LOG_FORMAT", "AUTO", ("AUTO", "TEXT", "JSON"))
_on_terminal = sys.stderr.isatty()
_is_text = _LOG_FORMAT == "TEXT" or (_LOG_FORMAT == "AUTO" and _on_terminal)
# Users of a terminal switch colours off with NO_COLOR: https://no-color.org.
_has_colour = _on_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
LOGGING = log_settings.logging(_LOG_LEVEL, is_text=_is_text, has_colour=_has_colour)
