"""Whose appeals figures are of: those of an official's regions."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from yingshang.kernel.access.api import Actor

from ..models import Appeal
from ..reach import VIEW
from .periods import Period

EACH = "submitted_at"
"""What figures count appeals by: every appeal has it, and the index of figures too, so that no rows are read."""

NAMED = Q(anonymous=False, party__isnull=False)
"""Said by an enterprise under its name. Whose an anonymous one is tells no figure: a count of enterprises beside a list
of two would.
"""


def parties_among(here: Q | None = None) -> Count:
    """How many different enterprises have said something under their name."""
    return Count("party", distinct=True, filter=NAMED if here is None else NAMED & here)


def appeals_in(actor: Actor, region_path: str) -> QuerySet[Appeal]:
    """The appeals of a region, as far as it is within the actor's reach. Raises NotAllowed."""
    rows = actor.require(VIEW).filter(Appeal.objects.order_by(), region="region_path")
    return rows.filter(region_path__startswith=region_path) if region_path else rows


def appeals_of(actor: Actor, region_path: str, period: Period) -> QuerySet[Appeal]:
    """Those said in a period."""
    return appeals_in(actor, region_path).filter(
        submitted_at__gte=period.starts, submitted_at__lt=period.ends
    )
