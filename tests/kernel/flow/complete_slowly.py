"""A process that completes a task and then stands still inside the transaction, until it is killed."""

from __future__ import annotations

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.db import connection  # noqa: E402

from tests.kernel.flow.factories import NOW, SUBJECT, SYSTEM  # noqa: E402
from yingshang.kernel.flow.api import CaseEvent, complete_task, register_subject  # noqa: E402


def stand_still(event: CaseEvent) -> None:
    if event.kind == "task_ready":
        print("inside", flush=True)
        time.sleep(60)


connection.settings_dict["NAME"] = sys.argv[1]
register_subject(SUBJECT, handler=stand_still)
complete_task(actor=SYSTEM, task_id=int(sys.argv[2]), outcome="accepted", now=NOW)
