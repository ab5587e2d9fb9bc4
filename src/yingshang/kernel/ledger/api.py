"""The door of the ledger. See README.md."""

from __future__ import annotations

from .guards import guarded_tables, install_guards, missing_guards
from .record import Acting, NewEvent, Target, record, record_many
from .selectors import (
    Event,
    EventDetail,
    EventPage,
    events_about_party,
    events_of,
    find_events,
    get_event,
    recorded_actions,
)

__all__ = [
    "Acting",
    "Event",
    "EventDetail",
    "EventPage",
    "NewEvent",
    "Target",
    "events_about_party",
    "events_of",
    "find_events",
    "get_event",
    "guarded_tables",
    "install_guards",
    "missing_guards",
    "record",
    "record_many",
    "recorded_actions",
]
