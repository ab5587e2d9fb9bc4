"""An import in a process of its own, which says how far it is and can be killed."""

from __future__ import annotations

import os
import sys
import time
from datetime import date, datetime

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from yingshang.kernel.access.api import system_actor  # noqa: E402
from yingshang.kernel.parties.api import import_facts  # noqa: E402


def say(done: int, total: int | None) -> None:
    """One line a batch, and a moment in which the parent can act."""
    print(done, flush=True)
    time.sleep(0.05)


if __name__ == "__main__":
    settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE_NAME"]
    path, as_of, rows = sys.argv[1:]
    now: datetime = timezone.now()
    import_facts(
        actor=system_actor("test"),
        path=path,
        as_of=date.fromisoformat(as_of),
        now=now,
        progress=say,
        rows_per_batch=int(rows),
    )
