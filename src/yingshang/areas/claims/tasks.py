"""Work of this area that runs in the worker. Each subject keeps its own in its package."""

from __future__ import annotations

from .after.jobs import record_results_job
from .appointments.jobs import remind_of_visits_job
from .automatic.jobs import draw_up_list_job, end_offers_job, offer_list_job
from .paying.jobs import fetch_reports_job, reconcile_job, send_batch_job, send_batches_job
from .promises.jobs import drop_checks_job
from .publicity.jobs import clear_published_job, publish_awards_job
from .ranking.jobs import close_rankings_job

__all__ = [
    "clear_published_job",
    "close_rankings_job",
    "draw_up_list_job",
    "drop_checks_job",
    "end_offers_job",
    "fetch_reports_job",
    "offer_list_job",
    "publish_awards_job",
    "reconcile_job",
    "record_results_job",
    "remind_of_visits_job",
    "send_batch_job",
    "send_batches_job",
]
