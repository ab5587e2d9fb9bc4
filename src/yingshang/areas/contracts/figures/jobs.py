"""In the worker: once a week all sums are made from scratch, and what was wrong is told of in the record."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import system_actor

from .rebuilding import Rebuilt, rebuild
from .region_cells import fold

PLATFORM = system_actor("contract-figures")


@app.periodic(cron="30 2 * * 0")
@app.task(name="contracts.rebuild_figures", queueing_lock="contracts.rebuild_figures")
def rebuild_figures_job(timestamp: int = 0) -> Rebuilt:
    """Each Sunday, early."""
    return rebuild(actor=PLATFORM, now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="contracts.fold_region_cells", queueing_lock="contracts.fold_region_cells")
def fold_region_cells_job(timestamp: int = 0) -> int:
    """Every five minutes: an import adds hundreds of thousands of rows."""
    return fold()
