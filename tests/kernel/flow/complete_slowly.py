"""A process that completes a task and then stands still inside the transaction, until it is killed."""

from __future__ import annotations

import sys
import time

from tests.kernel.flow.factories import NOW, SUBJECT, SYSTEM
from yingshang.kernel.flow.api import CaseEvent, complete_task, register_subject


def stand_still(event: CaseEvent) -> None:
    if event.kind == "task_ready":
        print("inside", flush=True)
        time.sleep(60)


register_subject(SUBJECT, handler=stand_still)
complete_task(actor=SYSTEM, task_id=int(sys.argv[1]), outcome="accepted", now=NOW)
