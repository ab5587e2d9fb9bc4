"""The door of the ledger. See README.md."""

from __future__ import annotations

from .guards import guarded_tables, install_guards, missing_guards
from .record import Acting, Target, record
from .selectors import Event, events_about_party, events_of

__all__ = [
    "Acting",
    "Event",
    "Target",
    "events_about_party",
    "events_of",
    "guarded_tables",
    "install_guards",
    "missing_guards",
    "record",
]
