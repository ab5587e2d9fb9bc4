"""Messages about a consultation: to the invited agencies, to who called it, to who said the appeal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..actions._steps import tell_agency
from ..models import Appeal, Consultation
from ..reach import ANSWER
from .reach import PERMISSION


def page_of(row: Consultation) -> str:
    """Its page on the desk."""
    return f"/desk/appeals/consultations/{row.pk}/"


def tell_invited(
    row: Consultation, appeal: Appeal, template: str, *agency_ids: int, now: datetime, **context: Any
) -> None:
    """A message to who answers appeals in each of some agencies."""
    for each in agency_ids:
        tell_agency(
            each,
            ANSWER,
            template,
            appeal=appeal,
            now=now,
            link=page_of(row),
            caller=row.called_by_agency.name,
            **context,
        )


def tell_caller(row: Consultation, appeal: Appeal, template: str, *, now: datetime, **context: Any) -> None:
    """A message to those who lead it."""
    tell_agency(
        row.called_by_agency_id,
        PERMISSION[row.called_as],
        template,
        appeal=appeal,
        now=now,
        link=page_of(row),
        **context,
    )
