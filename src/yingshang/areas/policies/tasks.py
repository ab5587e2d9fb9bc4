"""Work of this area that runs in the worker. Each subject keeps its own in its package."""

from __future__ import annotations

from .matching.jobs import (
    compile_tomorrow,
    match_everybody_at_night,
    match_version_job,
    match_what_changed,
    rematch_party,
    rematch_soon,
)
from .outreach.jobs import keep_figures_job, send_packages_job
from .readings.jobs import read_document_job
from .review.jobs import close_consultations_job, remind_of_expiry_job
from .search.jobs import index_search, rebuild_search, send_search_digests
from .search.making import make_search

__all__ = [
    "close_consultations_job",
    "compile_tomorrow",
    "index_search",
    "keep_figures_job",
    "make_search",
    "match_everybody_at_night",
    "match_version_job",
    "match_what_changed",
    "read_document_job",
    "rebuild_search",
    "rematch_party",
    "rematch_soon",
    "remind_of_expiry_job",
    "send_packages_job",
    "send_search_digests",
]
