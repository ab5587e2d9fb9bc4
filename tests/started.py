"""A program of the tests in a new interpreter, on the test's database: for what would not go on when it is forked.

A worker of the queue has a loop, threads and listening connections of its own. Forked from a process in which others
have worked before, it may wait for a lock that a thread held which did not come along; `tests.forked` is for programs
without threads.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection


def start(module: str, **environment: str) -> subprocess.Popen[bytes]:
    """`python -m module`, with the test's database and what else is given in its environment."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}"
    host = database["HOST"] or database["OPTIONS"].get("host", "")
    return subprocess.Popen(
        [sys.executable, "-m", module],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": f"{url}?host={host}&port={database['PORT']}",
            "TEST_EMBEDDED_DATABASE": "",
            **environment,
        },
        cwd=Path(settings.PACKAGE).parent.parent,
    )
