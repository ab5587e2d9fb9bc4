"""Enterprises that are entitled and have not acted are reminded by a mass message, nobody too often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import (
    CampaignContent,
    ListRow,
    create_campaign,
    set_campaign_list,
    submit_campaign,
)
from yingshang.kernel.parties.api import parties_after, party_traits

from ...errors import NobodyToRemind
from ...matching.live import VIEW
from ...models import PolicyItem, PolicyReminder
from ..reach import ItemReach, item_reach, reminded_at
from ..rules import reminder_rules

SEND: Final = "notices.send_mass"
MOST: Final = 20_000
"""More enterprises than this are reminded in parts, by region or size."""


@dataclass(frozen=True, slots=True)
class ReminderPlan:
    """Whom a reminder would go to: `parties`; and how many were reminded lately, or cannot be sent to by the actor."""

    reach: ItemReach
    parties: tuple[int, ...]
    lately: int
    out_of_reach: int


@dataclass(frozen=True, slots=True)
class Reminder:
    """The mass message that was submitted, its state, and to how many."""

    campaign_id: int
    state: str
    parties: int


def plan_reminder(
    *,
    actor: Actor,
    code: str,
    now: datetime,
    text: str = "",
    region: str | None = None,
    industry: str | None = None,
    size: str | None = None,
    progress: str = "",
) -> ReminderPlan:
    """Whom a reminder would go to among those that pass the filters. Needs both permissions of `remind`."""
    actor.require(SEND)
    reach = item_reach(actor=actor, code=code, text=text, region=region, industry=industry, size=size)
    wanted = [each.traits.id for each in reach.unacted_rows(progress)]
    since = now - timedelta(days=reminder_rules().again_after_days)
    lately = {party for party, moment in reminded_at(reach.item.item_id, wanted).items() if moment > since}
    left = [each for each in wanted if each not in lately]
    mine = {each.id for each in party_traits(actor=actor, also=SEND, among=left)} if left else set()
    return ReminderPlan(reach, tuple(sorted(mine)), len(lately), len(left) - len(mine))


@transaction.atomic
def remind(
    *,
    actor: Actor,
    code: str,
    now: datetime,
    text: str = "",
    region: str | None = None,
    industry: str | None = None,
    size: str | None = None,
    progress: str = "",
) -> Reminder:
    """Have those reminded who are entitled, pass the filters, have not acted, and were not reminded lately.

    It becomes a mass message, which is checked, sent and counted like all others. Needs `policies.view_matches` and
    `notices.send_mass`. Raises ItemNotFound, NobodyToRemind, and what mass messages raise.
    """
    actor.require(VIEW)
    # Two officials at the same moment: the second finds everybody reminded already.
    item = PolicyItem.objects.select_for_update().filter(code=code).first()
    plan = plan_reminder(
        actor=actor,
        code=code,
        now=now,
        text=text,
        region=region,
        industry=industry,
        size=size,
        progress=progress,
    )
    rules = reminder_rules()
    if not plan.parties or item is None:
        raise NobodyToRemind(
            f"nobody is left to remind; {plan.lately} were reminded in the last {rules.again_after_days} days",
            message_zh=f"没有可以提醒的企业；其中 {plan.lately} 家在最近 {rules.again_after_days} 天内已提醒过",
        )
    if len(plan.parties) > MOST:
        raise NobodyToRemind(
            f"{len(plan.parties)} enterprises are too many for one reminder; choose a region or size first, "
            f"so that at most {MOST} are left",
            message_zh=f"一次最多提醒 {MOST} 家，现在有 {len(plan.parties)} 家；请先按地区或规模缩小范围",
        )
    found = parties_after(actor=actor, also=SEND, among=plan.parties, limit=MOST)
    campaign = create_campaign(actor=actor, content=_content(plan), now=now)
    set_campaign_list(
        actor=actor,
        campaign_id=campaign,
        rows=[ListRow(row, each.credit_code or "") for row, each in enumerate(found, 1)],
        now=now,
    )
    state = submit_campaign(actor=actor, campaign_id=campaign, now=now)
    PolicyReminder.objects.bulk_create(
        (
            PolicyReminder(party_id=each.id, item=item, campaign_id=campaign, reminded_at=now)
            for each in found
        ),
        update_conflicts=True,
        unique_fields=["party", "item"],
        update_fields=["campaign_id", "reminded_at"],
    )
    record(
        actor=actor,
        action="policies.reminded",
        target=Target(
            "policy_item",
            code,
            f"{code} {plan.reach.item.name}",
            region_path=item.region_path,
            agency_id=item.agency_id,
        ),
        now=now,
        after={"campaign": campaign, "parties": len(found), "lately": plan.lately},
    )
    return Reminder(campaign, state, len(found))


def _content(plan: ReminderPlan) -> CampaignContent:
    item = plan.reach.item
    # A text of a mass message knows fields in braces; a name is no field.
    name = item.name.replace("{", "｛").replace("}", "｝")
    return CampaignContent(
        title=f"政策提醒：{name}"[:120],
        kind="policy",
        channels=reminder_rules().channels,
        texts={
            "zh-hans": (
                f"{{{{ enterprise }}}}：您符合“{name}”的条件，还没有申报",
                f"根据政府掌握的数据，“{{{{ enterprise }}}}”符合“{name}”的条件。"
                "请查看条件和办理方式；已经办理或者不需要的，不必理会。",
            ),
            "en": (
                f"{{{{ enterprise }}}} meets the conditions of {name}",
                f"By what the government knows, {{{{ enterprise }}}} meets the conditions of {name}. "
                "See the conditions and how to apply; if you have, or do not want to, nothing needs to be done.",
            ),
        },
        link=f"/policies/items/{item.code}/",
    )
