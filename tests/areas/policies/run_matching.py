"""A run over everybody in a process of its own, which dies in the middle of the second bucket it stores."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from typing import Any

from yingshang.areas.policies.api import on_differences, rematch
from yingshang.areas.policies.matching import differences
from yingshang.kernel.access.api import system_actor
from yingshang.kernel.ledger.api import Target, record

ACTOR = system_actor("test")
_calls: list[int] = []


def tell(version: int, newly: Any, no_longer: Any, now: datetime) -> None:
    """What was told, in the record: it is there exactly when the match was stored."""
    record(
        actor=ACTOR,
        action="tests.told",
        target=Target("test", str(version)),
        now=now,
        after={"newly": newly.tolist(), "no_longer": no_longer.tolist()},
    )


def tell_and_die(version: int, newly: Any, no_longer: Any, now: datetime) -> None:
    """The same; the process is killed after the second time."""
    tell(version, newly, no_longer, now)
    _calls.append(version)
    if len(_calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    differences._handlers.clear()
    on_differences(tell_and_die)
    rematch(actor=ACTOR, now=datetime.fromisoformat(sys.argv[1]), threads=1)
