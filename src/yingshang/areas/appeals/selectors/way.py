"""What happened to an appeal, as who said it follows it: like a parcel, with who has it now and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from yingshang.kernel.ledger.api import events_of

from ..models import Appeal

_SHOWN = frozenset(
    (
        "submitted",
        "added",
        "dispatched",
        "reassigned",
        "bounced",
        "raised",
        "declined",
        "joined",
        "contacted",
        "contact_tried",
        "assisted",
        "consulted",
        "consultation_ended",
        "extended",
        "paused",
        "resumed",
        "replied",
        "confirmed",
        "disputed",
        "settled",
        "reopened",
        "withdrawn",
        "ended",
        "notice_issued",
    )
)
_BY_REPORTER = frozenset(("submitted", "added", "confirmed", "disputed", "reopened", "withdrawn", "ended"))
# Why an agency sends something back, or whom it reminds of what, is between officials.
_REASONS = frozenset(("declined", "settled", "disputed", "reopened", "withdrawn", "extended", "paused"))
_AGENCIES = ("agency", "desk", "main")
_MOST = 200


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that happened (`what` is the event of the lifecycle). `who` is an agency, or who said it (empty)."""

    what: str
    at: datetime
    by_reporter: bool
    who: str = ""
    note: str = ""
    due: date | None = None


def way_of(appeal: Appeal) -> tuple[Milestone, ...]:
    """What happened to it, earliest first. One query. No official is named, and no reason that is between officials."""
    found = []
    for event in reversed(events_of("appeal", str(appeal.pk), limit=_MOST)):
        what = event.action.removeprefix("appeals.")
        if what not in _SHOWN:
            continue
        after = event.after or {}
        found.append(
            Milestone(
                what,
                event.occurred_at,
                what in _BY_REPORTER,
                next((str(after[each]) for each in _AGENCIES if after.get(each)), ""),
                event.reason if what in _REASONS else "",
                _day(after.get("due")),
            )
        )
    return tuple(found)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
