"""A month is over: what it says of each agency is written down and moves no more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, NotAllowed, officials_who_may
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import Recipient, send_where_possible
from yingshang.kernel.parties.api import get_agency

from ....desks import PLATFORM
from ....models import PerformanceRecord, RecordLine, RecordMonth
from ....reach import ANSWER, APPROVE, DISPATCH, SUPERVISE
from ...periods import Period, period_of
from ...rules import learning_rules
from ..counting import Counted, count_month


def freeze_months(*, actor: Actor, now: datetime) -> int:
    """Freeze every month that is over and its day come, the last few that were missed too; how many were frozen. Every
    agency something speaks against is told, and until when it may object.

    For the platform itself: a record is of every agency. Raises NotAllowed.
    """
    if not actor.require(SUPERVISE).everywhere:
        raise NotAllowed(
            "records are frozen by the platform itself, for every agency",
            message_zh="考核台账由平台每月统一固化，请等待夜间任务",
            permission=SUPERVISE,
        )
    rules, today = learning_rules(), timezone.localdate(now)
    last = period_of(today).before
    if today.day < rules.freeze_day:
        last = last.before
    newest = RecordMonth.objects.values_list("month", flat=True).first()
    # Before the first of them the platform was not there: nothing is to be caught up.
    wanted = [each for each in last.back(rules.catch_up_months) if each.since > newest] if newest else [last]
    return sum(_freeze(each, actor=actor, now=now) for each in wanted)


@transaction.atomic
def _freeze(period: Period, *, actor: Actor, now: datetime) -> int:
    month, new = RecordMonth.objects.get_or_create(
        month=period.since, defaults={"frozen_at": now, "agencies": 0}
    )
    if not new:
        return 0
    counted = count_month(period, now=now)
    for agency_id in sorted(counted):
        row = _keep(month, agency_id, counted[agency_id])
        if counted[agency_id].against:
            _tell(row, len(counted[agency_id].against), now=now)
    month.agencies = len(counted)
    month.save(update_fields=["agencies"])
    record(
        actor=actor,
        action="appeals.records_frozen",
        target=Target("record_month", str(month.pk), period.code),
        now=now,
        after={"agencies": len(counted)},
    )
    return 1


def _tell(row: PerformanceRecord, lines: int, *, now: datetime) -> None:
    """To who deals with appeals in the agency, and may object: until when."""
    today = timezone.localdate(now)
    users = {
        user
        for permission in (ANSWER, APPROVE, DISPATCH)
        for user in officials_who_may(permission, agency_id=row.agency_id, today=today)
    }
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=each) for each in sorted(users)],
        template="appeals.record_frozen",
        context={
            "month": str(row.month),
            "count": lines,
            "until": timezone.localdate(now + timedelta(days=learning_rules().objection_days)),
        },
        link=f"/desk/appeals/records/{row.pk}/",
        once=f"appeals.record:{row.pk}",
        now=now,
    )


def _keep(month: RecordMonth, agency_id: int, counted: Counted) -> PerformanceRecord:
    agency = get_agency(actor=PLATFORM, agency_id=agency_id)
    against = {
        code: len([e for e in counted.against if e.figure == code]) for code in learning_rules().against
    }
    row = PerformanceRecord.objects.create(
        month=month,
        agency_id=agency_id,
        region_path=agency.region_path,
        received=len(counted.received),
        answered=len(counted.answered),
        due=counted.due,
        contacts_due=counted.contacts_due,
        answer_hours=round(sum(counted.answered.values())),
        parties=len(counted.parties),
        counted=against,
    )
    RecordLine.objects.bulk_create(
        (
            RecordLine(record=row, figure=each.figure, appeal_id=each.appeal_id, at=each.at)
            for each in sorted(counted.against, key=lambda each: (each.figure, each.at, each.appeal_id))
        ),
        batch_size=1000,
    )
    return row
