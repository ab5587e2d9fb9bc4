"""A sweeper in a process of its own, whose handler leaves one event for each firing and takes its time about it."""

from __future__ import annotations

import sys
import time
from datetime import datetime

import django

django.setup()

from tests.kernel.clock.factories import KIND  # noqa: E402
from yingshang.kernel.access.api import system_actor  # noqa: E402
from yingshang.kernel.clock.api import FiredRung, register_owner, sweep  # noqa: E402
from yingshang.kernel.ledger.api import Target, record  # noqa: E402


def leave_an_event(fired: FiredRung) -> None:
    """What a real handler does: write in the sweeper's transaction."""
    record(
        actor=fired.actor,
        action="tests.heard",
        target=Target("deadline", str(fired.deadline.id)),
        now=fired.fired_at,
        after={"rung": fired.rung.code},
    )
    print(fired.deadline.id, flush=True)
    time.sleep(float(sys.argv[2]))


if __name__ == "__main__":
    register_owner(KIND, on_rung=leave_an_event)
    sweep(actor=system_actor("deadline-sweeper"), now=datetime.fromisoformat(sys.argv[1]), batch=10)
