"""Work of this area that runs in the worker. Each subject keeps its own in its package."""

from __future__ import annotations

from .figures.jobs import rebuild_figures_job

__all__ = ["rebuild_figures_job"]
