"""The way of a claim, like that of a parcel: what has happened, who has it now, and until when."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow.api import CaseDetail, case_progress
from yingshang.kernel.ledger.api import events_of

from .appointments.places import words_of
from .lifecycle import CLAIM
from .models import Appointment, Claim, PaymentOrder
from .reach import not_found, visible
from .values import Milestone

_OWN = frozenset(
    {row.event for row in CLAIM.transitions if "enterprise" in row.by}
    | {"begun", "account_corrected", "reconsideration_asked", "reconsideration_withdrawn", "promise_brought"}
)
"""What an enterprise does itself: there its person is named. Officials act for their agency."""

_WORDS: dict[str, tuple[str, str]] = {
    "begun": ("开始填写", "Begun"),
    "submitted": ("提交申请", "Handed in"),
    "booked": ("提交申请并预约窗口", "Handed in, with an appointment"),
    "rebooked": ("改约窗口时间", "Appointment changed"),
    "unbooked": ("取消预约", "Appointment cancelled"),
    "missed": ("未到窗口", "Nobody came to the window"),
    "arrived": ("已到窗口办理", "Served at the window"),
    "unvisited": ("逾期未到窗口办理", "Nobody came in time"),
    "granted": ("即时核准", "Granted at once"),
    "listed": ("列入免申即享名单", "Put on the automatic list"),
    "offered": ("请企业确认", "Consent asked for"),
    "confirmed": ("企业已确认", "Consent given"),
    "declined": ("企业放弃享受", "Declined"),
    "lapsed": ("逾期未确认", "Not confirmed in time"),
    "accepted": ("已受理", "Accepted"),
    "returned": ("退回补正", "Sent back for corrections"),
    "resubmitted": ("补正后重新提交", "Handed in again"),
    "sent_back": ("退回受理环节", "Sent back to acceptance"),
    "queued": ("列入排序", "Put in line"),
    "approved": ("已核准", "Approved"),
    "unranked": ("未入围", "Outside the quota"),
    "refused": ("不予兑付", "Refused"),
    "struck": ("移出名单", "Taken off the list"),
    "published": ("开始公示", "Put before the public"),
    "objected": ("收到公示异议", "Objected to"),
    "objection_rejected": ("公示异议不成立", "Objection rejected"),
    "objection_upheld": ("公示异议成立", "Objection upheld"),
    "cleared": ("转入拨付", "Cleared for payment"),
    "account_corrected": ("已更正收款账户", "Account corrected"),
    "reopened": ("复核后恢复办理", "Taken up again"),
    "raised": ("复核后增加金额", "Award raised"),
    "reconsideration_asked": ("申请复核", "Reconsideration asked for"),
    "reconsideration_withdrawn": ("撤回复核申请", "Reconsideration withdrawn"),
    "reconsideration_kept": ("复核：维持原决定", "Reconsidered: kept"),
    "reconsideration_changed": ("复核：变更原决定", "Reconsidered: changed"),
    "reconsideration_inadmissible": ("复核：不予受理", "Reconsideration not admissible"),
    "promise_brought": ("补交承诺的材料", "What was promised was brought"),
    "promise_kept": ("核查：承诺已履行", "Checked: promise kept"),
    "promise_broken": ("核查：承诺未履行", "Checked: promise broken"),
    "withdrawn": ("企业撤回", "Withdrawn"),
    "instalment_due": ("后续分期到期", "Later instalment due"),
    "instalment_lost": ("后续分期不再支付", "Later instalment not paid"),
    "instalments_ended": ("分期兑付结束", "Instalments ended"),
}
_WAITS_FOR: dict[str, tuple[str, str]] = {
    "listed": ("待审核名单", "The list waits to be checked"),
    "approved": ("待公示", "Waiting to be put before the public"),
    "objected": ("待处理公示异议", "The objection is being looked into"),
    "partly_paid": ("待后续分期", "Later instalments are to come"),
}
"""What is waited for, where the state says only how far it is."""
_ORDERS: dict[str, tuple[str, str]] = {
    "paid": ("资金已到账", "Paid"),
    "rejected": ("银行退回", "Rejected by the bank"),
    "returned": ("资金退回", "Returned by the bank"),
    "not_executed": ("银行未执行", "Not executed by the bank"),
}


def way_of(*, actor: Actor, claim_id: int, now: datetime) -> tuple[Milestone, ...]:
    """What happened to a claim, earliest first; the last ones, not yet done, say who has it. Raises ClaimNotFound."""
    claim = visible(actor).select_related("agency").filter(pk=claim_id).first()
    if claim is None:
        raise not_found(claim_id)
    found = [*_events(claim), *_orders(claim)]
    found.sort(key=lambda each: each.at or now)
    return (*found, *_now(claim, now), *_again(claim, now))


def _events(claim: Claim) -> list[Milestone]:
    shown = []
    for event in reversed(events_of("claim", str(claim.pk), limit=200)):
        what = event.action.removeprefix("claims.")
        if what in _WORDS:
            name, name_en = _WORDS[what]
            who = event.actor_name if what in _OWN else claim.agency.name
            shown.append(Milestone(what, name, name_en, event.occurred_at, who, event.reason))
    return shown


def _orders(claim: Claim) -> list[Milestone]:
    shown = []
    for order in PaymentOrder.objects.filter(claim=claim).select_related("batch__fund").order_by("pk"):
        payer = order.batch.fund.payer_name
        if order.state != "taken_back":
            shown.append(
                Milestone(
                    "ordered",
                    "已编制拨付指令",
                    "Payment ordered",
                    order.batch.made_at,
                    payer,
                    order.end_to_end_id,
                )
            )
        if order.batch.sent_at:
            shown.append(Milestone("sent", "已发送银行", "Sent to the bank", order.batch.sent_at, payer, ""))
        if order.state in _ORDERS:
            name, name_en = _ORDERS[order.state]
            note = order.reason or order.bank_reference
            shown.append(Milestone(order.state, name, name_en, order.changed_at, payer, note))
    return shown


def _now(claim: Claim, now: datetime) -> list[Milestone]:
    state = CLAIM.states[claim.state]
    if not state.open:
        return []
    if claim.case_id is not None and claim.state in {"accepting", "reviewing"}:
        detail = case_progress(kind="claim", identifier=str(claim.pk), now=now)
        if detail is not None:
            return _tasks(detail)
    if claim.state == "appointed":
        booked = claim.appointments.select_related("window").filter(state="booked").first()
        if booked is not None:
            return [_visit(booked)]
    waits_for_enterprise = claim.state in {"draft", "offered", "appointed", "returned", "account_wrong"}
    who = claim.enterprise.name if waits_for_enterprise else claim.agency.name
    name, name_en = _WAITS_FOR.get(claim.state, (state.name, state.name_en))
    until = _until(claim, timezone.localdate(now))
    return [Milestone(claim.state, name, name_en, None, who, "", done=False, due_on=until)]


def _until(claim: Claim, today: date) -> date | None:
    """Until when a public list can be read, or consent is waited for; a day that is over says nothing any more."""
    day = None
    if claim.state == "publicity":
        entries = claim.publicity_entries.order_by("-pk")
        day = entries.values_list("publicity__closes_on", flat=True).first()
    elif claim.state == "offered" and claim.entitlement_list is not None:
        day = claim.entitlement_list.confirm_by
    return day if day is not None and day >= today else None


def _visit(booked: Appointment) -> Milestone:
    told = words_of(booked)
    return Milestone(
        "visit",
        f"请于 {told['time']} 到窗口",
        f"Come to the window: {told['time']}",
        None,
        booked.window.name,
        booked.window.address,
        done=False,
        due_on=timezone.localdate(booked.starts_at),
    )


def _again(claim: Claim, now: datetime) -> list[Milestone]:
    """A reconsideration that is not decided yet: who has it, and until when."""
    return [
        Milestone(
            "reconsidering",
            "待作出复核决定",
            "Waiting: decision on the reconsideration",
            None,
            row.agency.name,
            "",
            done=False,
            due_on=row.due_on,
            overdue=row.due_on < timezone.localdate(now),
        )
        for row in claim.reconsiderations.select_related("agency").filter(state="open")
    ]


def _tasks(detail: CaseDetail) -> list[Milestone]:
    return [
        Milestone(
            task.step,
            f"待{task.name}",
            f"Waiting: {task.name_en}",
            None,
            task.agency_name,
            "",
            done=False,
            due_on=task.deadline.due_on if task.deadline else None,
            overdue=task.deadline.late if task.deadline else False,
        )
        for task in detail.tasks
        if task.kind == "step" and task.open
    ]
