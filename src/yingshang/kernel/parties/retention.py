"""How long the files of imports are kept. The days are data."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from django.utils import timezone

from yingshang.kernel.reference.api import parse_yaml

from .models import FactImport


@cache
def import_keep_days() -> dict[str, int]:
    """Days by what is kept: "uploads" and "rejects"."""
    data = parse_yaml((files(__package__) / "data/retention.yaml").read_text(encoding="utf-8"))
    return {name: int(days) for name, days in data["keep_days"].items()}


def rejects_kept_until(fact_import: FactImport) -> date | None:
    """The last day the rejected rows of an import are kept; None while it runs."""
    ended = fact_import.finished_at or fact_import.started_at
    if fact_import.state == FactImport.RUNNING:
        return None
    return timezone.localdate(ended) + timedelta(days=import_keep_days()["rejects"])
