"""A list of who is entitled to an item is begun; the worker draws it up."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from yingshang.areas.policies.api import funding_obstacle, listable, published_items, sharing_of
from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.jobs.api import enqueue
from yingshang.kernel.parties.api import portrait_revision

from ...actions.begin_claim import terms_for
from ...errors import InvalidList, ListExists, NotFundable
from ...lifecycle import LIST
from ...models import EntitlementList
from ...periods import period_of
from ...reach import ensure_region
from ..jobs import draw_up_list_job, empty_list_job
from ..lists import load_list, note_list
from ..placing import ensure_listable


@transaction.atomic
def draw_up_list(*, actor: Actor, code: str, now: datetime) -> int:
    """Begin the list of an item for its period; the number of the list. The worker draws it up from the stored matches.

    Needs `claims.review` for the whole region of the item's terms. Raises NoTerms, InvalidList, NotFundable,
    ListExists.
    """
    scope = actor.require("claims.review")
    terms = terms_for(code)
    ensure_region(scope, terms.region_path)
    if terms.mode != "automatic":
        raise InvalidList(
            f"{code} is not carried out by list; set its mode to automatic first",
            message_zh="该事项不是免申即享方式，请先在办理规则中改为“免申即享”",
            field="code",
            value=code,
        )
    day = timezone.localdate(now)
    item = next(iter(published_items(day=day, codes=[code])), None)
    if item is None:
        raise InvalidList(
            f"{code} is not in force", message_zh="该事项现在没有施行中的版本", field="code", value=code
        )
    obstacle = funding_obstacle(code=code, day=day)
    if obstacle is not None:
        raise NotFundable(obstacle.message, message_zh=obstacle.message_zh, value=code)
    found = listable(version_id=item.version_id, day=day)
    if not found.pays:
        raise InvalidList(
            f"{code} pays no money", message_zh="该事项不发放资金，不需要名单", field="code", value=code
        )
    if not found.entitled:
        raise InvalidList(
            f"nobody is matched with {code}; run the matching first, or wait for the night",
            message_zh="还没有匹配到符合条件的企业；新发布的事项请等待匹配完成",
            field="code",
            value=code,
        )
    ensure_listable(code, sharing_of(version_id=item.version_id, day=day))
    period = period_of(terms.period, day, item.windows)
    earlier = EntitlementList.objects.filter(item_code=code, period=period).exclude(state="discarded").first()
    if earlier is not None:
        raise _exists(earlier)
    before = EntitlementList.objects.filter(item_code=code).count()
    try:
        with transaction.atomic():
            row = EntitlementList.objects.create(
                number=f"MD{timezone.localtime(now):%Y%m%d}{item.item_id:06d}{before:02d}",
                item_code=code,
                item_name=item.name,
                item_id=item.item_id,
                version_id=item.version_id,
                version=item.version,
                period=period,
                agency_id=terms.agency_id,
                region_path=terms.region_path,
                day=day,
                made_at=now,
                made_by=reference_of(actor),
                made_by_name=actor.name,
                facts_revision=portrait_revision(),
            )
    except IntegrityError:
        # A colleague began it at the same moment.
        others = EntitlementList.objects.filter(item_code=code).exclude(state="discarded")
        raise _exists(others.latest("pk")) from None
    row.job_id = enqueue(
        draw_up_list_job, actor=actor, title=f"生成免申即享名单 {item.name}"[:200], now=now, list_id=row.pk
    )
    row.save(update_fields=["job_id"])
    note_list(
        row,
        "list_begun",
        actor=actor,
        now=now,
        after={"item": code, "version": item.version, "period": period, "matched": found.entitled},
    )
    return int(row.pk)


@transaction.atomic
def discard_list(*, actor: Actor, list_id: int, reason: str, now: datetime) -> None:
    """Give up a list that was not approved. The worker ends its claims; then another can be drawn up.

    Raises ListNotFound, NotPossibleNow, InvalidList.
    """
    row = load_list(actor, list_id, "claims.review")
    before = row.state
    row.state = LIST.after(before, "discarded")
    if not reason.strip():
        raise InvalidList("say why", message_zh="请填写作废理由", field="reason")
    row.job_id = enqueue(
        empty_list_job,
        actor=actor,
        title=f"作废免申即享名单 {row.item_name}"[:200],
        now=now,
        list_id=row.pk,
        reason=reason.strip()[:400],
    )
    row.save(update_fields=["state", "job_id"])
    note_list(
        row,
        "list_discarded",
        actor=actor,
        now=now,
        before={"state": before},
        after={"claims": row.total},
        reason=reason.strip(),
    )


def _exists(row: EntitlementList) -> ListExists:
    if row.state == "discarding":
        return ListExists(
            f"the list {row.number} is being discarded; wait until that is done",
            message_zh=f"本周期名单 {row.number} 正在作废，完成后才能重新生成",
            value=row.number,
            list=row.pk,
        )
    return ListExists(
        f"there is a list {row.number} of this item and period; discard that one first",
        message_zh=f"本周期已有名单 {row.number}，如需重新生成请先作废",
        value=row.number,
        list=row.pk,
    )
