"""Which way an objection may go: the table of `data/lifecycle.yaml`, and nothing else."""

from __future__ import annotations

from yingshang.kernel.reference.api import Lifecycle

from .errors import NotPossibleNow

OBJECTION = Lifecycle(
    "yingshang.processes.fact_objection", thing="objection", thing_zh="异议", refusal=NotPossibleNow
)
