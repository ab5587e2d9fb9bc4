"""The platform's settings, with what makes tests quick and keeps runs apart."""

from __future__ import annotations

import os

import tests.environment  # noqa: F401  (sets what the settings ask for; a type checker reads them alone)
from yingshang.config.settings import *  # noqa: F403
from yingshang.config.settings import DATABASES

DATABASES["default"]["TEST"] = {"NAME": f"test_{os.environ.get('TEST_RUN', 'run')}"}
DATABASES["default"]["CONN_MAX_AGE"] = 0
# A real hash costs half a second a log-in, by intent. The tests of the password policy name the real one.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
