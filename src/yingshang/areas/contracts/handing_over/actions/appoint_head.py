"""A unit gets another head: the former one's time ends, and the list of what is taken over is made."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, Colleague, colleagues
from yingshang.kernel.clock.api import Owner, start_deadline
from yingshang.kernel.parties.api import AgencyNotFound, AgencyRow, get_agency
from yingshang.kernel.reference.api import code_of_path, find_region

from ...errors import InvalidStep, NotYours
from ...lifecycle import HAND_OVER
from ...models import HandOver, HandOverLine, Head
from ...reach import HEAD, SUPERVISE, agencies_of
from ..documents import HAND_OVERS
from ..rules import hand_over_rules
from ..snapshot import Standing, open_contracts, standings
from ..telling import PLATFORM, heads_of, tell
from ._steps import end_clock, note

_LAPSED = "负责人再次更替，移交清单未接收"


@transaction.atomic
def appoint_head(*, actor: Actor, agency_id: int, user_id: int, since: date, now: datetime) -> int:
    """Record who answers for a unit from a day on; the number of the list they take over.

    For who supervises the unit and does not sit in it: no unit says by itself who is to answer for its debts. The list
    holds every contract in force as it stands now; nothing of it depends on who heads the unit. A list that the former
    head never signed for lapses, and its contracts are on the new one.

    Raises NotAllowed, NotYours, InvalidStep.
    """
    agency = _agency(actor, agency_id)
    # Two who record a change at once: the second sees what the first wrote.
    agencies = apps.get_model("parties", "Agency").objects.select_for_update(of=("self",), no_key=True)
    len(agencies.filter(pk=agency_id).values_list("pk"))
    today = timezone.localdate(now)
    person = _official(agency, user_id, today)
    before = Head.objects.select_for_update().filter(agency=agency_id, until__isnull=True).first()
    _ensure_follows(before, user_id=user_id, since=since, today=today)
    lapsed = _lapse(agency_id, now=now)
    if before is not None:
        before.until = max(since - timedelta(days=1), before.since)
        before.save(update_fields=["until"])
    after = Head.objects.create(
        agency_id=agency_id,
        region_path=agency.region_path,
        user_id=user_id,
        name=person.name,
        since=since,
        recorded_by_name=actor.name,
        recorded_at=now,
    )
    row = _list(agency, before, after, now=now)
    note(
        row,
        "head_appointed",
        actor=actor,
        now=now,
        after={
            "head": after.name,
            "since": since,
            "before": before.name if before else "",
            "contracts": row.contract_count,
            "late": row.late_count,
            "owed_fen": row.owed_fen,
            "interest_fen": row.interest_fen,
            "lapsed": lapsed,
        },
    )
    tell(row, "hand_over_made", heads_of(row), now=now, after=after.name)
    return int(row.pk)


def _agency(actor: Actor, agency_id: int) -> AgencyRow:
    scope = actor.require(SUPERVISE)
    try:
        found = get_agency(actor=PLATFORM, agency_id=agency_id)
    except AgencyNotFound:
        found = None
    if found is None or not (
        scope.everywhere or scope.covers("agency", agency_id=agency_id, region_path=found.region_path)
    ):
        raise InvalidStep(
            f"no unit {agency_id} that this actor supervises",
            message_zh="没有这个单位，或者不在您的督办范围内，请重新选择",
            field="agency_id",
        )
    if agency_id in agencies_of(actor, SUPERVISE):
        raise NotYours(
            "the head of a unit is recorded by a supervisor of another agency",
            message_zh="本单位负责人的更替由其他单位的督查人员登记",
            value=agency_id,
        )
    return found


def _official(agency: AgencyRow, user_id: int, today: date) -> Colleague:
    heads = {each.user_id: each for each in colleagues(HEAD, agency_id=agency.id, today=today)}
    if user_id not in heads:
        raise InvalidStep(
            f"{user_id} holds no office as head of {agency.name}; appoint them to that role first",
            message_zh=f"此人没有“{agency.name}”单位负责人的角色，请先由管理员任命该角色，再登记更替",
            field="user_id",
        )
    return heads[user_id]


def _ensure_follows(before: Head | None, *, user_id: int, since: date, today: date) -> None:
    if since > today:
        raise InvalidStep(
            f"{since} is still to come; record it on the day it takes place",
            message_zh=f"任职日期 {since} 还没有到，请在到任之日起登记",
            field="since",
        )
    if before is None:
        return
    if before.user_id == user_id:
        raise InvalidStep(
            f"{before.name} heads the unit already since {before.since}",
            message_zh=f"{before.name} 自 {before.since} 起已是该单位负责人，请选择另一人",
            field="user_id",
        )
    if since <= before.since:
        raise InvalidStep(
            f"{before.name} heads the unit since {before.since}; the next one begins later",
            message_zh=f"现任负责人 {before.name} 自 {before.since} 任职，新任日期应在此之后",
            field="since",
        )


def _lapse(agency_id: int, *, now: datetime) -> int | None:
    """The list the former head never signed for: nobody can sign it any more."""
    open_ones = HandOver.objects.select_for_update(of=("self",)).filter(
        agency=agency_id, state__in=HAND_OVER.open_states
    )
    row = open_ones.select_related("agency").first()
    if row is None:
        return None
    row.state = HAND_OVER.after(row.state, "lapsed")
    row.save(update_fields=["state"])
    end_clock(row, now=now, lapsed=_LAPSED)
    return int(row.pk)


def _list(agency: AgencyRow, before: Head | None, after: Head, *, now: datetime) -> HandOver:
    today = timezone.localdate(now)
    contracts = open_contracts(agency.id)
    found = standings(contracts, on=today)
    rows = {contract: found.get(contract) or Standing() for contract in contracts}
    row = HandOver.objects.create(
        agency_id=agency.id,
        region_path=agency.region_path,
        before=before,
        after=after,
        as_of=today,
        contract_count=len(rows),
        late_count=sum(each.late_count for each in rows.values()),
        open_fen=sum(each.open_fen for each in rows.values()),
        owed_fen=sum(each.owed_fen for each in rows.values()),
        interest_fen=sum(each.interest_fen for each in rows.values()),
        made_at=now,
    )
    HandOverLine.objects.bulk_create(
        (
            HandOverLine(
                hand_over=row,
                contract_id=contract,
                open_count=each.open_count,
                late_count=each.late_count,
                open_fen=each.open_fen,
                owed_fen=each.owed_fen,
                interest_fen=each.interest_fen,
                next_due_on=each.next_due_on,
            )
            for contract, each in rows.items()
        ),
        batch_size=1000,
    )
    _start_clock(row, agency, now=now)
    return row


def _start_clock(row: HandOver, agency: AgencyRow, *, now: datetime) -> None:
    rules = hand_over_rules(agency.region_path)
    region = find_region(code_of_path(agency.region_path[:6]))
    view = start_deadline(
        actor=PLATFORM,
        owner=Owner(HAND_OVERS, str(row.pk)),
        kind="step",
        name=f"接收合同移交清单：{agency.name}",
        name_en=f"Contracts to be taken over: {agency.name}",
        term=rules.accept,
        started_at=now,
        region_code=region.code if region else "000000",
        agency_id=agency.id,
        party_id=None,
        ladder=rules.ladder,
        now=now,
        start_event={"zh": "登记更替", "en": "change of head recorded"},
    )
    row.deadline_id, row.due_on = view.id, view.due_on
    row.save(update_fields=["deadline_id", "due_on"])
