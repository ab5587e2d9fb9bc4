"""Transfers 移送: a case goes to a body of discipline, audit, justice or credit, with its file, an evaluation and the
accountability that is proposed. The body receives it or sends it back, and tells its outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import DeadlineView, Owner, start_deadline
from yingshang.kernel.documents.api import (
    DocumentView,
    documents_of_each,
    generate,
    number_words,
    take_document_number,
)
from yingshang.kernel.documents.api import Owner as DocumentOwner
from yingshang.kernel.ledger.api import receipt_code
from yingshang.kernel.parties.api import AgencyNotFound, agencies_at, get_agency
from yingshang.kernel.reference.api import ancestors_of, code_of_path

from ..errors import InvalidStep, NotYours
from ..lifecycle import CASE, TRANSFER
from ..models import Obligation, SupervisionCase
from ..models import Transfer as TransferRow
from ..obligations.interest import interest_of
from ..performing.evidence import EVIDENCE
from ..reach import RECEIVE, SUPERVISE, agencies_of, lock
from ..reach import TRANSFER as MAY_TRANSFER
from ._steps import (
    PLATFORM,
    StartEvent,
    name_of,
    note,
    region_code_of,
    step_not_found,
    tell_officials,
    written,
)
from .cases import load_case
from .notices import NOTICES, end_clock, raise_level
from .rules import Body, rules

TRANSFERS = "contract_transfer"
"""What clocks and documents call a transfer."""
TEMPLATE = "contract_transfer"
CONTRACT_FILES = "contract_file"
_SENT: StartEvent = {"zh": "移送", "en": "sent"}


@dataclass(frozen=True, slots=True)
class TransferProposal:
    """What a form to transfer a case begins with."""

    body: Body
    to_agency_id: int | None
    to_name: str
    evaluation: str
    proposal: str


@transaction.atomic
def transfer_case(
    *,
    actor: Actor,
    case_id: int,
    body: str,
    evaluation: str,
    proposal: str = "",
    to_agency_id: int | None = None,
    to_name: str = "",
    now: datetime,
) -> int:
    """Transfer a case with its file; to each body once while it deals with it. Its number in the register.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    case = load_case(actor, case_id, MAY_TRANSFER)
    before, state = case.state, CASE.after(case.state, "transferred")
    if body not in rules().bodies:
        raise InvalidStep("choose a body", message_zh="请选择移送方向", field="body")
    evaluation = written(evaluation, "evaluation")
    proposal = written(proposal, "proposal", needed=False)
    if not case.finding:
        raise InvalidStep(
            "write down the finding first",
            message_zh="请先填写调查结论，再移送",
            field="body",
        )
    if case.transfers.filter(body=body, state__in=TRANSFER.open_states).exists():
        raise InvalidStep(
            "it was transferred to this body already", message_zh="已向该类机关移送，尚未反馈", field="body"
        )
    if to_agency_id == case.agency_id:
        raise InvalidStep(
            "a unit does not deal with its own case; choose another body",
            message_zh="被督办单位不能接收针对自己的移送，请选择其他机关",
            field="to_agency_id",
        )
    to_name = _receiver(to_agency_id, to_name)
    obligation, today = case.obligation, timezone.localdate(now)
    taken = take_document_number(rules().transfers, case.opened_by_agency_id, today.year)
    pieces = pieces_of(case)
    row = TransferRow.objects.create(
        number=taken.kept,
        case=case,
        body=body,
        to_agency_id=to_agency_id,
        to_name=to_name,
        region_path=case.region_path,
        evaluation=evaluation,
        proposal=proposal,
        contents=pieces,
        sent_at=now,
        sent_by_name=actor.name,
    )
    clock = _start_clock(row, case, now=now)
    case.state = state
    case.save(update_fields=["state"])
    raise_level(obligation, "transfer")
    number = number_words(row.number)
    row.deadline_id, row.due_on = clock.id, clock.due_on
    row.receipt_event = note(
        obligation,
        "case_transferred",
        actor=actor,
        now=now,
        before={"state": before},
        after={
            "state": case.state,
            "number": number,
            "body": body,
            "to": to_name,
            "pieces": [each["sha256"] for each in pieces],
        },
        reason=evaluation,
    )
    row.document_id = _generate(row, case, actor=actor, now=now).id
    row.save(update_fields=["deadline_id", "due_on", "receipt_event", "document_id"])
    if to_agency_id is not None:
        told = {"transfer": number, "answer_by": row.due_on}
        link = f"/desk/contracts/transfers/{row.pk}/"
        tell_officials("transferred", [(obligation, to_agency_id, RECEIVE, "", told)], now=now, link=link)
    return int(row.pk)


def receive_transfer(*, actor: Actor, transfer_id: int, now: datetime) -> None:
    """The body takes it on. Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow."""
    _move(actor, transfer_id, "received", "", "transfer_received", "已接收", now)


def decline_transfer(*, actor: Actor, transfer_id: int, reason: str, now: datetime) -> None:
    """The body sends it back, and says why. Raises as `receive_transfer` does, and InvalidStep."""
    _move(actor, transfer_id, "declined", written(reason, "outcome"), "transfer_declined", "已退回", now)


def end_transfer(*, actor: Actor, transfer_id: int, outcome: str, now: datetime) -> None:
    """The body tells what came of it. Raises as `receive_transfer` does, and InvalidStep."""
    _move(actor, transfer_id, "ended", written(outcome, "outcome"), "transfer_ended", "已反馈处理结果", now)


@transaction.atomic
def _move(
    actor: Actor, transfer_id: int, event: str, text: str, action: str, words: str, now: datetime
) -> None:
    row = load_transfer(actor, transfer_id)
    before, row.state = row.state, TRANSFER.after(row.state, event)
    if event == "received":
        row.received_at, row.received_by_name = now, actor.name
    else:
        row.outcome, row.ended_at = text, now
        end_clock(row.deadline_id, now=now)
    row.save()
    obligation = row.case.obligation
    number = number_words(row.number)
    note(
        obligation,
        action,
        actor=actor,
        now=now,
        before={"state": before},
        after={"state": row.state, "number": number, "body": row.body},
        reason=text,
    )
    told = {"transfer": number, "state": words}
    tell_officials(
        "transfer_moved", [(obligation, row.case.opened_by_agency_id, SUPERVISE, "", told)], now=now
    )


def end_all(obligation: Obligation, *, words: str, now: datetime) -> list[str]:
    """End the open transfers of an obligation's cases, because it was struck off, and tell who deals with them; the
    numbers. The contract is locked; the event is the caller's.
    """
    rows = list(
        TransferRow.objects.select_for_update(of=("self",))
        .select_related("case")
        .filter(case__obligation=obligation, state__in=TRANSFER.open_states)
        .order_by("pk")
    )
    for row in rows:
        row.state = TRANSFER.after(row.state, "struck_off")
        row.outcome, row.ended_at = words, now
        row.save(update_fields=["state", "outcome", "ended_at"])
        end_clock(row.deadline_id, now=now)
        place = (row.to_agency_id, RECEIVE) if row.to_agency_id else (row.case.opened_by_agency_id, SUPERVISE)
        told = {"transfer": number_words(row.number), "state": words}
        link = f"/desk/contracts/transfers/{row.pk}/"
        tell_officials("transfer_moved", [(obligation, *place, "", told)], now=now, link=link)
    return [number_words(row.number) for row in rows]


def received_by(actor: Actor) -> QuerySet[TransferRow]:
    """The transfers sent to the agencies in which somebody receives them; those to a body that is none of the register
    are answered for by who supervises in the agency that sent them."""
    if not actor.may(RECEIVE):
        return TransferRow.objects.none()
    if actor.kind == "system":
        return TransferRow.objects.all()
    own = agencies_of(actor, RECEIVE)
    return TransferRow.objects.filter(to_agency__in=own) | TransferRow.objects.filter(
        to_agency__isnull=True, case__opened_by_agency__in=agencies_of(actor, SUPERVISE)
    )


def load_transfer(actor: Actor, transfer_id: int) -> TransferRow:
    """One that somebody receives, locked behind its contract. Raises NotAllowed, StepNotFound, NotYours."""
    actor.require(RECEIVE)
    rows = TransferRow.objects.filter(pk=transfer_id)
    found = rows.values_list("case__obligation__contract", flat=True).first()
    if found is None:
        raise step_not_found(transfer_id)
    if not received_by(actor).filter(pk=transfer_id).exists():
        from .selectors import seen_transfers

        if not seen_transfers(actor).filter(pk=transfer_id).exists():
            raise step_not_found(transfer_id)
        raise NotYours("it was sent to another body", message_zh="该移送由接收机关办理", value=transfer_id)
    lock(found)
    locked = TransferRow.objects.select_for_update(of=("self",)).select_related("case__obligation__contract")
    return locked.get(pk=transfer_id)


def propose_transfer(case: SupervisionCase, body: str, *, now: datetime) -> TransferProposal:
    """What the form for a body begins with: whom, the evaluation by what is registered, what is usually proposed.
    Raises InvalidStep.
    """
    known = rules().bodies.get(body)
    if known is None:
        raise InvalidStep("choose a body", message_zh="请选择移送方向", field="body")
    obligation, today = case.obligation, timezone.localdate(now)
    codes = [region.code for region in ancestors_of(code_of_path(case.region_path))]
    rows = agencies_at(kinds=known.kinds, region_codes=codes) if known.kinds else ()
    # An audit office that is late itself does not audit itself: the one above it does.
    others = [row for row in rows if row.id != case.agency_id]
    nearest = min(others, key=lambda row: codes.index(row.region_code), default=None)
    due = obligation.due_on
    late = f"，于{due}到期，至今逾期{(today - due).days}日" if due is not None else ""
    owed = ""
    if obligation.amount_fen is not None:
        from .documents import yuan

        interest = interest_of(obligation, today).fen
        owed = f"，尚欠{yuan(obligation.open_fen)}，逾期利息{yuan(interest)}"
    return TransferProposal(
        known,
        nearest.id if nearest else None,
        nearest.name if nearest else known.name,
        f"{case.agency.name}应履行“{obligation.title}”{late}{owed}。经督办、立案督办仍未履行。",
        known.proposal,
    )


def proposed_transfer(*, actor: Actor, case_id: int, body: str, now: datetime) -> TransferProposal:
    """`propose_transfer` for a case of the actor's reach. Raises NotAllowed, StepNotFound, InvalidStep."""
    from .selectors import case_row

    return propose_transfer(case_row(actor, case_id), body, now=now)


def pieces_of(case: SupervisionCase) -> list[dict[str, Any]]:
    """What the file of a case holds: notices, evidence, files of the contract, each with the hash of its content. What
    was said in the case itself stands in the letter and in the platform's log.
    """
    obligation = case.obligation
    notices = [str(pk) for pk in obligation.notices.order_by("pk").values_list("pk", flat=True)]
    groups = [
        ("notice", documents_of_each(NOTICES, notices)),
        ("evidence", documents_of_each(EVIDENCE, [str(obligation.pk)])),
        ("contract", documents_of_each(CONTRACT_FILES, [str(obligation.contract_id)])),
    ]
    return [
        {"kind": kind, "document": each.id, "name": each.name, "sha256": each.sha256, "size": each.size}
        for kind, found in groups
        for documents in found.values()
        for each in documents
    ]


def _receiver(to_agency_id: int | None, to_name: str) -> str:
    if to_agency_id is None:
        return written(to_name, "to_name", most=120)
    try:
        found = get_agency(actor=PLATFORM, agency_id=to_agency_id)
    except AgencyNotFound:
        found = None
    if found is None or not found.is_active:
        raise InvalidStep(
            f"no agency {to_agency_id} in the register",
            message_zh="没有这个单位，请重新选择",
            field="to_agency_id",
        )
    return found.name


def _generate(row: TransferRow, case: SupervisionCase, *, actor: Actor, now: datetime) -> DocumentView:
    from .documents import UNKNOWN, yuan

    obligation, today = case.obligation, timezone.localdate(now)
    contract, number = obligation.contract, number_words(row.number)
    assert row.receipt_event is not None
    pieces = [
        (f"{position}. {each['name']}", each["sha256"]) for position, each in enumerate(row.contents, 1)
    ] or [("—", "无附件")]
    return generate(
        actor=actor,
        template=TEMPLATE,
        context={
            "issuer": case.opened_by_agency.name,
            "number": number,
            "to": row.to_name,
            "agency": case.agency.name,
            "contract": contract.number,
            "contract_title": contract.title,
            "counterparty": contract.counterparty_name,
            "obligation": obligation.title,
            "due": obligation.due_on or UNKNOWN,
            "owed": yuan(None if obligation.amount_fen is None else obligation.open_fen),
            "interest": yuan(interest_of(obligation, today).fen),
            "case": number_words(case.number),
            "grounds": case.grounds,
            "finding": case.finding,
            "evaluation": row.evaluation,
            "proposal": row.proposal or "无",
            "pieces": pieces,
            "date": today,
        },
        owner=DocumentOwner(TRANSFERS, str(row.pk)),
        party_id=None,
        region_path=row.region_path,
        agency_id=row.to_agency_id or case.opened_by_agency_id,
        receipt_code=receipt_code(row.receipt_event),
        name=number,
        now=now,
    )


def _start_clock(row: TransferRow, case: SupervisionCase, *, now: datetime) -> DeadlineView:
    return start_deadline(
        actor=PLATFORM,
        owner=Owner(TRANSFERS, str(row.pk)),
        kind="step",
        name=f"移送处理：{name_of(case.obligation.contract, case.obligation)}"[:120],
        name_en=f"Transfer: {case.obligation.contract.number}",
        term=rules().transfer.term,
        started_at=now,
        region_code=region_code_of(row.region_path),
        agency_id=row.to_agency_id or case.opened_by_agency_id,
        party_id=None,
        ladder=rules().transfer.ladder,
        now=now,
        start_event=_SENT,
    )
