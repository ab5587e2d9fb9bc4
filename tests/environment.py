"""Loaded before anything else of a test run (`-p tests.environment`): the platform's environment for tests.

The database is the embedded PostgreSQL below `var/test`, or the server `DATABASE_URL` names. Every run makes
databases of its own, so that two runs at once do not meet.
"""

from __future__ import annotations

import os
from pathlib import Path

from yingshang.operations.embedded_database import EmbeddedDatabase

ROOT = Path(__file__).resolve().parent.parent
SERVER = EmbeddedDatabase(ROOT / "var" / "test" / "postgres", durable=False)

os.environ.setdefault("TEST_RUN", str(os.getpid()))
os.environ.setdefault("SECRET_KEY", "only for tests: nothing it signs leaves this machine")
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", "dGVzdHMgb25seTogMzIgYnl0ZXMgb2Yga2V5ISEhISE=")
os.environ.setdefault("LOOKUP_KEY", "7e57" * 16)
os.environ.setdefault("LEDGER_SIGNING_KEY", "1ed9" * 16)
os.environ.setdefault("DATA_DIRECTORY", str(ROOT / "var" / "test" / "data"))
os.environ.setdefault("LOG_FORMAT", "text")
os.environ.setdefault("LOG_LEVEL", "WARNING")
os.environ.setdefault("TEST_EMBEDDED_DATABASE", "" if os.environ.get("DATABASE_URL") else "1")
if os.environ["TEST_EMBEDDED_DATABASE"]:
    os.environ["DATABASE_URL"] = SERVER.url("yingshang")
