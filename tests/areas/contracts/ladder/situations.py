"""Situations of what is late: owed past its day, under a notice, in a case, transferred, asked to be struck off."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.areas.contracts.factories import contract_row, obligation_row, performance_row, supplier, unit
from tests.kernel.access.factories import DAOLI, NOW, SYSTEM, Person, agency, arranged, official
from tests.kernel.documents.factories import pdf_of
from yingshang.areas.contracts import api
from yingshang.areas.contracts.models import (
    Cancellation,
    Obligation,
    SupervisionCase,
    SupervisionNotice,
    Transfer,
)
from yingshang.areas.contracts.performing.evidence import add_evidence

LATER = NOW + timedelta(hours=1)
DUE = date(2026, 11, 20)
YUAN = 100


def late_obligation(**more: Any) -> Obligation:
    """A payment the unit owes since three days, with its clock."""
    row = owed_obligation(due_on=DUE, daily_rate=Decimal("0.0005"), **more)
    with arranged():
        api.follow([row], now=NOW)
    return row


def owed_obligation(**more: Any) -> Obligation:
    """A payment by a day, without a clock."""
    due_on = more.pop("due_on")
    contract = more.pop("contract", None) or contract_row()
    return obligation_row(contract, due_on=due_on, terms={"on": due_on.isoformat()}, **more)


def noticed(**more: Any) -> SupervisionNotice:
    """A late payment the unit was sent a supervision notice about."""
    by: Person = more.pop("by", None) or unit().supervisor
    row = late_obligation(**more)
    with arranged():
        number = api.issue_notice(actor=by.actor(), obligation_id=row.pk, demand="请立即支付。", now=NOW)
    return SupervisionNotice.objects.get(pk=number)


def answered_notice(**more: Any) -> SupervisionNotice:
    notice = noticed(**more)
    with arranged():
        api.answer_notice(
            actor=unit().head.actor(),
            notice_id=notice.pk,
            answer="资金已申请。",
            promised_on=date(2026, 11, 30),
            now=LATER,
        )
    notice.refresh_from_db()
    return notice


def lifted_notice() -> SupervisionNotice:
    notice = done_but_noticed()
    with arranged():
        api.lift_notice(actor=unit().supervisor.actor(), notice_id=notice.pk, remark="已支付。", now=LATER)
    notice.refresh_from_db()
    return notice


def done_but_noticed() -> SupervisionNotice:
    """Paid after the notice, as the unit says; nobody contradicts."""
    notice = noticed()
    paid(notice.obligation)
    return notice


def open_case(**more: Any) -> SupervisionCase:
    notice = noticed(**more)
    with arranged():
        number = api.open_case(
            actor=unit().supervisor.actor(),
            obligation_id=notice.obligation_id,
            grounds="督办后仍未支付。",
            now=NOW,
        )
    return SupervisionCase.objects.get(pk=number)


def found_case(**more: Any) -> SupervisionCase:
    case = open_case(**more)
    with arranged():
        api.record_finding(
            actor=unit().supervisor.actor(), case_id=case.pk, finding="资金已安排而未支付。", now=NOW
        )
    case.refresh_from_db()
    return case


def audit_supervisor() -> Person:
    """Who receives transfers in the audit office of the district."""
    return official("supervisor", DAOLI, "audit")


def sent_transfer(**more: Any) -> Transfer:
    case = found_case(**more)
    with arranged():
        number = api.transfer_case(
            actor=unit().supervisor.actor(),
            case_id=case.pk,
            body="audit",
            to_agency_id=agency(DAOLI, "audit").pk,
            evaluation="逾期时间长。",
            proposal="建议审计。",
            now=NOW,
        )
    return Transfer.objects.get(pk=number)


def received_transfer() -> Transfer:
    row = sent_transfer()
    with arranged():
        api.receive_transfer(actor=audit_supervisor().actor(), transfer_id=row.pk, now=LATER)
    row.refresh_from_db()
    return row


def ended_transfer() -> Transfer:
    row = received_transfer()
    with arranged():
        api.end_transfer(
            actor=audit_supervisor().actor(), transfer_id=row.pk, outcome="已约谈并责令支付。", now=LATER
        )
    row.refresh_from_db()
    return row


def paid(obligation: Obligation, on: date = date(2026, 11, 23)) -> None:
    """The unit says that all was paid, late."""
    from yingshang.areas.contracts.performing.applying import apply

    performance_row(obligation, on)
    with arranged():
        obligation.refresh_from_db()
        apply(obligation, now=LATER)


def evidence(obligation: Obligation) -> int:
    """A file with the obligation."""
    with arranged():
        return add_evidence(
            actor=unit().administrator.actor(),
            obligation_id=obligation.pk,
            content=pdf_of(),
            name="付款凭证.pdf",
            now=NOW,
        )


def asked_cancellation(notice: SupervisionNotice | None = None) -> Cancellation:
    """The unit says that a payment under a notice was made, and asks to strike it off."""
    notice = notice or done_but_noticed()
    file = evidence(notice.obligation)
    with arranged():
        number = api.ask_cancellation(
            actor=unit().administrator.actor(),
            obligation_id=notice.obligation_id,
            statement="已于今日支付，附付款凭证。",
            document_ids=[file],
            now=LATER,
        )
    return Cancellation.objects.get(pk=number)


def fresh(row: Any) -> Any:
    """The row as it is now."""
    return type(row).objects.get(pk=row.pk)


def days_later(days: int) -> datetime:
    return NOW + timedelta(days=days)


__all__ = [
    "DUE",
    "LATER",
    "NOW",
    "SYSTEM",
    "YUAN",
    "answered_notice",
    "asked_cancellation",
    "audit_supervisor",
    "days_later",
    "done_but_noticed",
    "ended_transfer",
    "evidence",
    "found_case",
    "fresh",
    "late_obligation",
    "lifted_notice",
    "noticed",
    "open_case",
    "owed_obligation",
    "paid",
    "received_transfer",
    "sent_transfer",
    "supplier",
]
