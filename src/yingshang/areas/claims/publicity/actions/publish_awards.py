"""Approved awards of an item are put before the public."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.jobs.api import enqueue

from ...actions.begin_claim import terms_for
from ...errors import NothingToPublish
from ...models import Claim, Publicity
from ...reach import ensure_region
from ..filling import open_publicity, put_on, told_of
from ..jobs import publish_awards_job
from ..parameters import publicity_rules
from ..steps import note_publicity


@transaction.atomic
def publish_awards(
    *, actor: Actor, code: str, claims: Collection[int] | None = None, contact: str = "", now: datetime
) -> int:
    """Put the approved awards of an item, or these of them, on a public list; its number.

    The period is counted in working days from the moment the whole list can be read; a long list is put together by
    the worker first. `contact`: where one can object besides on the page. Needs `claims.review` for the whole region of
    the item's terms. Raises NoTerms, NothingToPublish.
    """
    scope = actor.require("claims.review")
    terms = terms_for(code)
    ensure_region(scope, terms.region_path)
    waiting = Claim.objects.filter(item_code=code, state="approved")
    if claims is not None:
        waiting = waiting.filter(pk__in=list(claims))
    count = waiting.count()
    if not count or not terms.publicity_working_days:
        raise NothingToPublish(
            f"no approved award of {code} waits to be published",
            message_zh="没有需要公示的已核准申请；不设公示的事项会直接转入拨付",
            value=code,
        )
    row = Publicity(
        number=f"GS{timezone.localtime(now):%Y%m%d%H%M%S%f}"[:22],
        item_code=code,
        item_name=waiting.values_list("item_name", flat=True)[:1].get(),
        agency_id=terms.agency_id,
        agency_name=terms.agency.name,
        region_path=terms.region_path,
        working_days=terms.publicity_working_days,
        begun_at=now,
        published_by=reference_of(actor),
        published_by_name=actor.name,
        contact=contact.strip()[:200],
    )
    row.save()
    if claims is None and count > publicity_rules().at_once:
        enqueue(
            publish_awards_job,
            actor=actor,
            title=f"公示 {row.item_name}"[:200],
            now=now,
            publicity_id=row.pk,
        )
        note_publicity(row, "publicity_begun", actor=actor, now=now, after={"claims": count})
        return int(row.pk)
    put_on(row, now=now, limit=count, claims=claims)
    open_publicity(row, now=now)
    row.save()
    note_publicity(row, "published", actor=actor, now=now, after=told_of(row))
    return int(row.pk)
