"""The rules of reconsideration: `data/reconsideration.yaml`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from django.utils import timezone

from yingshang.kernel.clock.api import OutsideCalendar, Term, calendar_of_region, due_at
from yingshang.kernel.reference.api import code_of_path, find_region, parse_yaml

TOLD: Mapping[Literal["zh", "en"], str] = {"zh": "告知决定", "en": "told of the decision"}
ASKED: Mapping[Literal["zh", "en"], str] = {"zh": "收到复核申请", "en": "asked for"}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What exists beside it, with its days and source."""

    name: str
    name_en: str
    days: int
    source: str


@dataclass(frozen=True, slots=True)
class ReconsiderationRules:
    """`data/reconsideration.yaml`. `grounds` are code → (Chinese, English) of why one is not admissible."""

    version: str
    ask: Term
    ask_source: str
    decide: Term
    decide_source: str
    ladder: str
    longest_reasons: int
    longest_late_reason: int
    longest_decision: int
    most_files: int
    largest_bytes: int
    kinds: tuple[str, ...]
    grounds: dict[str, tuple[str, str]]
    elsewhere: tuple[Elsewhere, ...]


@cache
def reconsideration_rules() -> ReconsiderationRules:
    """`data/reconsideration.yaml`, read once."""
    text = (files("yingshang.areas.claims") / "data/reconsideration.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = parse_yaml(text)
    return ReconsiderationRules(
        version=str(data["metadata"]["version"]),
        ask=term_of(data["ask"]),
        ask_source=str(data["ask"]["source"]),
        decide=term_of(data["decide"]),
        decide_source=str(data["decide"]["source"]),
        ladder=str(data["decide"]["ladder"]),
        longest_reasons=int(data["longest_reasons"]),
        longest_late_reason=int(data["longest_late_reason"]),
        longest_decision=int(data["longest_decision"]),
        most_files=int(data["files"]["most"]),
        largest_bytes=int(data["files"]["largest_bytes"]),
        kinds=tuple(data["files"]["kinds"]),
        grounds={each["code"]: (each["name"], each["name_en"]) for each in data["grounds"]},
        elsewhere=tuple(Elsewhere(**each) for each in data["elsewhere"]),
    )


def term_of(data: dict[str, Any]) -> Term:
    """A term as a data file writes it: `days` or `working_days`."""
    if "working_days" in data:
        return Term(int(data["working_days"]), "working_days")
    return Term(int(data["days"]), "days")


def ask_by(told_at: datetime, region_path: str) -> date:
    """The last day on which somebody who was told then can ask; by the calendar of the region."""
    term = reconsideration_rules().ask
    try:
        reached = due_at(told_at, term, calendar_of_region(region_code(region_path)), start_event=TOLD)
    except OutsideCalendar:
        # The free days of that year are not known: what is counted from is.
        return date.fromordinal(timezone.localdate(told_at).toordinal() + term.amount)
    return timezone.localdate(reached.due_at)


def region_code(path: str) -> str:
    """The region whose calendar counts: whatever is below a county has that of its county."""
    code = code_of_path(path[:6])
    region = find_region(code)
    return region.code if region else code
