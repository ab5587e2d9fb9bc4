"""Bad ratings on the first page of the workbench."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ratings.api import ratings
from yingshang.web.desk.due import LIMIT, Delivered, DueItem, Provider, register


def bad_ratings(actor: Actor, now: datetime) -> Delivered:
    """Bad ratings of one's own agency of which somebody is to be called back, or whose cause is to be put right."""
    found = [ratings(actor=actor, state=state, mine=True, limit=LIMIT) for state in ("open", "called")]
    return Delivered(
        [
            DueItem(
                kind="rating",
                title=_("差评回访整改：%(what)s") % {"what": each.enterprise or each.number},
                url=reverse("ratings_desk:rating", args=[each.id]),
                since=timezone.localdate(each.given_at),
                due_on=each.due_on,
                detail=each.label,
                agency_id=each.agency_id,
                agency_name=each.agency_name,
            )
            for page in found
            for each in page.rows
        ][:LIMIT],
        sum(page.total for page in found),
    )


register(Provider("rating", gettext_lazy("差评回访整改"), ("ratings.review",), bad_ratings))
