"""Work of this area that runs in the worker. Each subject keeps its own in its package."""

from __future__ import annotations

from .calendars import follow_calendars_job
from .figures.jobs import fold_region_cells_job, rebuild_figures_job
from .gathering.jobs import forget_import_files_at_night, import_contracts_job
from .ladder.jobs import set_notices_job, set_waiting_notices_job, watch_job
from .portraits.jobs import publish_due_portraits_job, publish_portraits_job
from .registering.jobs import register_contracts_job

__all__ = [
    "fold_region_cells_job",
    "follow_calendars_job",
    "forget_import_files_at_night",
    "import_contracts_job",
    "publish_due_portraits_job",
    "publish_portraits_job",
    "rebuild_figures_job",
    "register_contracts_job",
    "set_notices_job",
    "set_waiting_notices_job",
    "watch_job",
]
