"""An import in a process of its own, which says how far it is and can be killed."""

from __future__ import annotations

import sys
import time
from datetime import date, datetime

from django.utils import timezone

from yingshang.kernel.access.api import system_actor
from yingshang.kernel.parties.api import import_facts


def say(done: int, total: int | None) -> None:
    """One line a batch, and a moment in which the parent can act."""
    print(done, flush=True)
    time.sleep(0.05)


if __name__ == "__main__":
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
