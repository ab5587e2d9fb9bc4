"""A supplement that eases what the unit is late with waits for the other side's word: by which clock, who is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from yingshang.kernel.access.api import Actor, officials_who_may
from yingshang.kernel.clock.api import FiredRung
from yingshang.kernel.notices.api import Recipient, send_where_possible

from ..ladder._steps import PLATFORM, StartEvent, supervisors_of, tell_unsupervised
from ..ladder.confirming import cannot_be_asked, start_asking
from ..ladder.notices import end_clock
from ..ladder.rules import rules
from ..lifecycle import SUPPLEMENT
from ..models import Contract, Supplement
from ..performing.easing import Easing
from ..reach import OPEN_TO_ALL, SUPERVISE
from .actions._steps import shown_title, user_of

AGREEMENTS = "contract_supplement"
"""What clocks call a supplement that waits for the other side."""
_APPROVED: StartEvent = {"zh": "补充协议审核通过", "en": "supplement approved"}
_LATE = frozenset({"supervise"})


def refer(contract: Contract, row: Supplement, eased: Sequence[Easing], *, now: datetime) -> None:
    """Nothing of it takes effect: the other side is asked, or who supervises where there is nobody to ask. Saved."""
    row.state = SUPPLEMENT.after(row.state, "referred")
    row.needs_agreement, row.eased = True, [each.as_dict() for each in eased]
    row.save()
    start_asking(
        row,
        owner=AGREEMENTS,
        names=(
            f"补充协议待同意：{shown_title(contract)}",
            f"Supplement to be agreed to: {contract.number}",
        ),
        timed=rules().agreement,
        agency_id=contract.agency_id,
        region_path=contract.region_path,
        started=_APPROVED,
        now=now,
    )
    row.contract = contract
    if may_be_decided(row, now=now):
        _tell_supervisors(row, now=now)
    else:
        _ask_party(row, now=now)


def may_be_decided(row: Supplement, *, now: datetime) -> bool:
    """Whether a supervisor may decide without the other side: it is none of the register, or its time is up. A plain
    no of the other side is no matter for a supervisor: nothing was agreed.
    """
    return cannot_be_asked(party_id=row.contract.party_id, due_on=row.due_on, now=now)


def on_agreement_rung(rung: FiredRung) -> None:
    """The other side is asked once more; once its time is up, who supervises may decide without it, and is told."""
    rows = Supplement.objects.select_related("contract__agency").filter(state="to_agree")
    row = rows.filter(pk=int(rung.deadline.owner.identifier)).first()
    if row is None:
        return
    once = f"contracts.agreement:{rung.deadline.id}:{rung.deadline.due_on}:{rung.rung.code}"
    if rung.rung.action in _LATE:
        _tell_supervisors(row, now=rung.fired_at, once=once)
    else:
        _ask_party(row, now=rung.fired_at, once=once)


def tell_taken_back(row: Supplement, *, reason: str, now: datetime) -> None:
    """To the other side, which was asked, and to who supervises, once they were: nobody need answer any more, and what
    was agreed before goes on.
    """
    contract = row.contract
    if may_be_decided(row, now=now):
        _tell_supervisors_taken_back(row, reason=reason, now=now)
    if contract.party_id is None:
        return
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(party_id=contract.party_id)],
        template="contracts.supplement_taken_back",
        context={
            "number": contract.number,
            "title": contract.title,
            "unit": contract.agency.name,
            "supplement": row.title,
            "reason": reason,
        },
        link=f"/contracts/{contract.pk}/#supplement-{row.pk}",
        now=now,
    )


def put_dropped(row: Supplement, *, actor: Actor, reason: str, now: datetime) -> None:
    """Who takes one back, and why, onto the row, beside who had approved it."""
    row.dropped_by_id, row.dropped_by_name, row.dropped_at = user_of(actor), actor.name[:120], now
    row.drop_reason = reason[:1000]


def end_with_contract(
    contract: Contract, *, actor: Actor, reason: str, now: datetime
) -> tuple[Supplement, ...]:
    """The supplements that wait for somebody's word end with their contract, which is locked; of those the other side
    was asked about, `tell_taken_back` tells it. The event is the contract's own.
    """
    rows = list(contract.supplements.select_for_update(of=("self",)).filter(state__in=SUPPLEMENT.open_states))
    for row in rows:
        row.state = SUPPLEMENT.after(row.state, "dropped")
        put_dropped(row, actor=actor, reason=reason, now=now)
        row.save()
        end_clock(row.deadline_id, now=now)
        row.contract = contract
    return tuple(rows)


def _ask_party(row: Supplement, *, now: datetime, once: str = "") -> None:
    contract = row.contract
    if contract.party_id is None:
        return
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(party_id=contract.party_id)],
        template="contracts.supplement_to_agree",
        context={
            "number": contract.number,
            "title": contract.title,
            "unit": contract.agency.name,
            "supplement": row.title,
            "answer_by": row.due_on,
        },
        link=f"/contracts/{contract.pk}/#supplement-{row.pk}",
        once=once,
        now=now,
    )


def _supervisors(contract: Contract, *, now: datetime) -> list[int]:
    today = timezone.localdate(now)
    places = supervisors_of([contract], today=today).values()
    found = [user for each in places for user in officials_who_may(SUPERVISE, agency_id=each, today=today)]
    return list(dict.fromkeys(found))


def _tell_supervisors_taken_back(row: Supplement, *, reason: str, now: datetime) -> None:
    contract = row.contract
    told = _supervisors(contract, now=now)
    if not told:
        return
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=each) for each in told],
        template="contracts.supplement_not_to_decide",
        context={
            "number": contract.number,
            "title": shown_title(contract),
            "unit": contract.agency.name,
            "reason": reason if contract.secrecy == OPEN_TO_ALL else "",
        },
        link=f"/desk/contracts/cancellations/supplements/{row.pk}/",
        now=now,
    )


def _tell_supervisors(row: Supplement, *, now: datetime, once: str = "") -> None:
    contract = row.contract
    told = _supervisors(contract, now=now)
    if not told:
        tell_unsupervised([contract], now=now)
        return
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=each) for each in told],
        template="contracts.supplement_to_decide",
        context={
            "number": contract.number,
            "title": shown_title(contract),
            "unit": contract.agency.name,
        },
        link=f"/desk/contracts/cancellations/supplements/{row.pk}/",
        once=once,
        now=now,
    )
