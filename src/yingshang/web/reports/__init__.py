"""Self-contained HTML reports: one file each, nothing fetched; Chinese first, English beside it."""

from yingshang.web.reports.match_report import render_match_report
from yingshang.web.reports.simulation_report import render_simulation_report

__all__ = ["render_match_report", "render_simulation_report"]
