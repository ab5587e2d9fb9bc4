"""Reading what follows when something is late: what may be supervised, notices, cases, transfers, cancellations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import number_words

from ..lifecycle import CANCELLATION, CASE, NOTICE, TRANSFER
from ..models import Cancellation, Obligation, SupervisionCase, SupervisionNotice, Transfer
from ..obligations.interest import interest_of
from ..own.block import blocks_of
from ..reach import HEAD, RECEIVE, REGISTER, SUPERVISE, VIEW, agencies_of, obligations_on_desk
from ..reach import TRANSFER as MAY_TRANSFER
from ._steps import step_not_found
from .cancelling import may_be_decided
from .clocks import RUNNING
from .rules import Named, rules
from .transfers import received_by

MOST_ROWS = 500
"""At once; files that are taken away are written from as many."""
OWING = ("in_force", "suspended", "terminated")
"""States of a contract in which what was due stays owed, and late; what falls due while it is suspended
no clock says."""


@dataclass(frozen=True, slots=True)
class LateRow:
    """A late obligation of a unit, as who supervises sees it, and what may be done next."""

    id: int
    contract_id: int
    contract: str
    contract_title: str
    title: str
    agency: str
    counterparty: str
    due_on: date
    late_days: int
    open_fen: int | None
    interest_fen: int | None
    escalation: str
    disagreed: bool
    notice_id: int | None
    case_id: int | None
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class LatePage:
    """Some late obligations, and how many there are."""

    rows: tuple[LateRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class StepRow:
    """A notice, case, transfer or cancellation in a list; `state_name` by its table, `number` as it is written.
    `goes_on`: of a case that is closed, and of its transfer, that the body it was sent to still deals with it.
    `promised_on`: the day by which the answer to a notice promises what is still owed; `broken`: that it is past.
    """

    id: int
    number: str
    obligation_id: int
    contract_id: int
    contract: str
    title: str
    agency: str
    by: str
    state: str
    due_on: date | None
    since: datetime
    late: bool
    goes_on: bool = False
    promised_on: date | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class StepPage:
    """Some of them, and how many there are."""

    rows: tuple[StepRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class NoticeDetail:
    """A supervision notice with what its reader may do now."""

    row: StepRow
    demand: str
    owed_fen: int | None
    interest_fen: int | None
    answer: str
    promised_on: date | None
    remark: str
    document_id: int | None
    receipt_event: int | None
    answered_at: datetime | None
    answered_by: str
    lifted_at: datetime | None
    lifted_by: str
    case_id: int | None
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class CaseStep:
    """What happened in a case."""

    at: datetime
    by: str
    what: Named
    text: str


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """A case with its steps and transfers, and what its reader may do now."""

    row: StepRow
    notice_id: int | None
    notice: str
    grounds: str
    steps: tuple[CaseStep, ...]
    finding: str
    reason: str
    ended_at: datetime | None
    ended_by: str
    transfers: tuple[StepRow, ...]
    bodies_left: tuple[str, ...]
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class TransferDetail:
    """A transfer with its file, and what its reader may do now."""

    row: StepRow
    case_id: int
    body: str
    to: str
    evaluation: str
    proposal: str
    contents: tuple[Mapping[str, Any], ...]
    document_id: int | None
    receipt_event: int | None
    received_at: datetime | None
    received_by: str
    outcome: str
    ended_at: datetime | None
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class CancellationDetail:
    """A cancellation with its evidence, what stands in its way, and what its reader may do now."""

    row: StepRow
    statement: str
    documents: tuple[int, ...]
    counterparty: str
    decided_as: str
    decided_by: str
    decided_at: datetime | None
    reason: str
    blocks: tuple[str, ...]
    may: frozenset[str]


def late_obligations(
    *,
    actor: Actor,
    now: datetime,
    text: str = "",
    level: str = "",
    agency_id: int | None = None,
    obligation_id: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> LatePage:
    """What units of the actor's reach owe and have not done by its day, the oldest first. Raises NotAllowed."""
    today = timezone.localdate(now)
    rows = obligations_on_desk(actor, VIEW).filter(
        side="unit", state__in=RUNNING, due_on__lt=today, contract__state__in=OWING
    )
    if level:
        rows = rows.filter(escalation="" if level == "none" else level)
    if obligation_id is not None:
        rows = rows.filter(pk=obligation_id)
    if agency_id is not None:
        rows = rows.filter(agency=agency_id)
    if text.strip():
        rows = rows.filter(_words("", text.strip()))
    found = list(
        rows.select_related("contract", "agency").order_by("due_on", "pk")[
            offset : offset + min(limit, MOST_ROWS)
        ]
    )
    numbers = [each.pk for each in found]
    notices = dict(_open_of(SupervisionNotice.objects.exclude(state="lifted"), numbers))
    cases = dict(_open_of(SupervisionCase.objects.exclude(state="closed"), numbers))
    return LatePage(
        tuple(_late(each, actor, today, notices.get(each.pk), cases.get(each.pk)) for each in found),
        rows.count(),
    )


def _late(row: Obligation, actor: Actor, today: date, notice: int | None, case: int | None) -> LateRow:
    assert row.due_on is not None
    may = set()
    if _supervises(actor, row.agency_id, row.region_path):
        may.add("open_case" if notice else "issue_notice")
        if case is not None:
            may.discard("open_case")
            may.add("transfer")
    return LateRow(
        id=row.pk,
        contract_id=row.contract_id,
        contract=row.contract.number,
        contract_title=row.contract.title,
        title=row.title,
        agency=row.agency.name,
        counterparty=row.contract.counterparty_name,
        due_on=row.due_on,
        late_days=(today - row.due_on).days,
        open_fen=None if row.amount_fen is None else row.open_fen,
        interest_fen=interest_of(row, today).fen,
        escalation=row.escalation,
        disagreed=row.disagreed,
        notice_id=notice,
        case_id=case,
        may=frozenset(may),
    )


def supervision_notices(
    *, actor: Actor, now: datetime, text: str = "", state: str = "", offset: int = 0, limit: int = 50
) -> StepPage:
    """The notices about units of the actor's reach. Beside their states, `state` may be "promised", answers whose
    promise is still to be kept, or "broken", those whose promised day is past. Raises NotAllowed.
    """
    rows = SupervisionNotice.objects.filter(obligation__in=obligations_on_desk(actor, VIEW))
    rows = rows.select_related("agency", "issued_by_agency", "obligation__contract")
    if state in ("promised", "broken"):
        rows = rows.filter(state="answered", promised_on__isnull=False, obligation__state__in=RUNNING)
        if state == "broken":
            rows = rows.filter(promised_on__lt=timezone.localdate(now))
        state = ""
    return _page(rows, "obligation__", text, state, offset, limit, now)


def supervision_notice(*, actor: Actor, notice_id: int, now: datetime) -> NoticeDetail:
    """One notice. Raises NotAllowed, StepNotFound."""
    rows = SupervisionNotice.objects.filter(obligation__in=obligations_on_desk(actor, VIEW), pk=notice_id)
    row = rows.select_related("agency", "issued_by_agency", "obligation__contract").first()
    if row is None:
        raise step_not_found(notice_id)
    may: set[str] = set()
    if actor.kind == "system" or row.agency_id in agencies_of(actor, HEAD):
        may |= _may(NOTICE, row.state, "answered")
    case = row.obligation.cases.exclude(state="closed").values_list("pk", flat=True).first()
    if _supervises(actor, row.agency_id, row.region_path):
        may |= _may(NOTICE, row.state, "returned")
        if row.obligation.state not in RUNNING and not row.obligation.disagreed:
            may |= _may(NOTICE, row.state, "lifted")
        if case is None and row.state != "lifted" and row.obligation.state in RUNNING:
            may.add("open_case")
    return NoticeDetail(
        _step(row, now),
        row.demand,
        row.owed_fen,
        row.interest_fen,
        row.answer,
        row.promised_on,
        row.remark,
        row.document_id,
        row.receipt_event,
        row.answered_at,
        row.answered_by_name,
        row.lifted_at,
        row.lifted_by_name,
        case,
        frozenset(may),
    )


def supervision_cases(
    *, actor: Actor, now: datetime, text: str = "", state: str = "", offset: int = 0, limit: int = 50
) -> StepPage:
    """The cases about units of the actor's reach. Raises NotAllowed."""
    rows = _cases().filter(obligation__in=obligations_on_desk(actor, VIEW))
    rows = rows.select_related("agency", "opened_by_agency", "obligation__contract")
    return _page(rows, "obligation__", text, state, offset, limit, now)


def supervision_case(*, actor: Actor, case_id: int, now: datetime) -> CaseDetail:
    """One case. Raises NotAllowed, StepNotFound."""
    row = case_row(actor, case_id)
    transfers = list(
        row.transfers.select_related("to_agency", "case__agency", "case__obligation__contract").order_by("pk")
    )
    may: set[str] = set()
    if _supervises(actor, row.agency_id, row.region_path):
        may |= _may(CASE, row.state, "stepped") | _may(CASE, row.state, "found")
        ended = any(each.state == "ended" for each in transfers)
        if row.obligation.state not in RUNNING or ended:
            may |= _may(CASE, row.state, "closed")
    taken = {each.body for each in transfers if each.state in TRANSFER.open_states}
    left = tuple(code for code in rules().bodies if code not in taken)
    if row.finding and left and _supervises(actor, row.agency_id, row.region_path, MAY_TRANSFER):
        may |= _may(CASE, row.state, "transferred")
    return CaseDetail(
        _step(row, now),
        row.notice_id,
        number_words(row.notice.number) if row.notice else "",
        row.grounds,
        tuple(
            CaseStep(
                datetime.fromisoformat(each["at"]),
                each["by"],
                rules().steps.get(each["what"], Named(each["what"], each["what"], each["what"])),
                each["text"],
            )
            for each in row.steps
        ),
        row.finding,
        row.reason,
        row.ended_at,
        row.ended_by_name,
        tuple(_step(each, now) for each in transfers),
        left,
        frozenset(may),
    )


def case_row(actor: Actor, case_id: int) -> SupervisionCase:
    """The case itself, for what is proposed of it. Raises NotAllowed, StepNotFound."""
    rows = _cases().filter(obligation__in=obligations_on_desk(actor, VIEW), pk=case_id)
    row = rows.select_related("agency", "opened_by_agency", "obligation__contract", "notice").first()
    if row is None:
        raise step_not_found(case_id)
    return row


def seen_transfers(actor: Actor) -> QuerySet[Transfer]:
    """The transfers of cases in the actor's reach, and those sent to it. Raises NotAllowed."""
    actor.require(VIEW)
    mine = received_by(actor).values("pk")
    reached = obligations_on_desk(actor, VIEW)
    return Transfer.objects.filter(Q(case__obligation__in=reached) | Q(pk__in=mine))


def transfers(
    *,
    actor: Actor,
    now: datetime,
    text: str = "",
    state: str = "",
    received: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> StepPage:
    """Them in a list; with `received` only those the actor answers for. Raises NotAllowed."""
    rows = (received_by(actor) if received else seen_transfers(actor)).select_related(
        "to_agency", "case__agency", "case__obligation__contract"
    )
    return _page(rows, "case__obligation__", text, state, offset, limit, now)


def transfer(*, actor: Actor, transfer_id: int, now: datetime) -> TransferDetail:
    """One transfer. Raises NotAllowed, StepNotFound."""
    rows = seen_transfers(actor).select_related("to_agency", "case__agency", "case__obligation__contract")
    row = rows.filter(pk=transfer_id).first()
    if row is None:
        raise step_not_found(transfer_id)
    may: set[str] = set()
    if actor.may(RECEIVE) and received_by(actor).filter(pk=row.pk).exists():
        for event in ("received", "declined", "ended"):
            may |= _may(TRANSFER, row.state, event)
    return TransferDetail(
        _step(row, now),
        row.case_id,
        row.body,
        row.to_name,
        row.evaluation,
        row.proposal,
        tuple(row.contents),
        row.document_id,
        row.receipt_event,
        row.received_at,
        row.received_by_name,
        row.outcome,
        row.ended_at,
        frozenset(may),
    )


def cancellations(
    *,
    actor: Actor,
    now: datetime,
    text: str = "",
    state: str = "",
    decidable: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> StepPage:
    """The cancellations units of the actor's reach have asked for; with `decidable` only those that wait for who
    supervises. Raises NotAllowed.
    """
    rows = Cancellation.objects.filter(obligation__in=obligations_on_desk(actor, VIEW))
    rows = rows.select_related("agency", "obligation__contract")
    if decidable:
        denied = Cancellation.objects.filter(
            obligation=OuterRef("obligation"), state="refused", decided_as="counterparty"
        )
        over = Q(party_id__isnull=True) | Q(due_on__lt=timezone.localdate(now)) | Exists(denied)
        rows = rows.filter(over, state="asked").exclude(agency__in=agencies_of(actor, SUPERVISE))
    return _page(rows, "obligation__", text, state, offset, limit, now)


def cancellation(*, actor: Actor, cancellation_id: int, now: datetime) -> CancellationDetail:
    """One of them. Raises NotAllowed, StepNotFound."""
    rows = Cancellation.objects.filter(obligation__in=obligations_on_desk(actor, VIEW), pk=cancellation_id)
    row = rows.select_related("agency", "obligation__contract").first()
    if row is None:
        raise step_not_found(cancellation_id)
    may: set[str] = set()
    blocks = tuple(each.label for each in blocks_of([row.obligation_id]).get(row.obligation_id, ()))
    if row.agency_id in agencies_of(actor, REGISTER):
        may |= _may(CANCELLATION, row.state, "withdrawn")
    if _supervises(actor, row.agency_id, row.region_path) and may_be_decided(row, now=now):
        may |= _may(CANCELLATION, row.state, "refused")
        if not blocks:
            may |= _may(CANCELLATION, row.state, "confirmed")
    return CancellationDetail(
        _step(row, now),
        row.statement,
        tuple(row.document_ids),
        row.obligation.contract.counterparty_name,
        row.decided_as,
        row.decided_by_name,
        row.decided_at,
        row.reason,
        blocks,
        frozenset(may),
    )


def _supervises(actor: Actor, agency_id: int, region_path: str, permission: str = SUPERVISE) -> bool:
    if actor.kind == "system":
        return True
    if not actor.may(permission) or agency_id in agencies_of(actor, permission):
        return False
    return actor.scope(permission).covers("agency", agency_id=agency_id, region_path=region_path)


def _may(table: Any, state: str, event: str) -> set[str]:
    return {event} if table.may(state, event) else set()


def _open_of(rows: QuerySet[Any], numbers: Collection[int]) -> Sequence[tuple[int, int]]:
    return list(rows.filter(obligation__in=numbers).values_list("obligation_id", "pk"))


def _words(prefix: str, text: str) -> Q:
    return (
        Q(**{f"{prefix}contract__number": text})
        | Q(**{f"{prefix}title__icontains": text})
        | Q(**{f"{prefix}contract__title__icontains": text})
        | Q(**{f"{prefix}agency__name__icontains": text})
        | Q(**{f"{prefix}contract__counterparty_name__icontains": text})
    )


def _cases() -> QuerySet[SupervisionCase]:
    """Cases, with whether a body still deals with a transfer of theirs."""
    of_it = Transfer.objects.filter(case=OuterRef("pk"), state__in=TRANSFER.open_states)
    return SupervisionCase.objects.annotate(is_transferred=Exists(of_it))


def _page(
    rows: QuerySet[Any], prefix: str, text: str, state: str, offset: int, limit: int, now: datetime
) -> StepPage:
    if state:
        rows = rows.filter(state=state)
    if text.strip():
        condition = _words(prefix, text.strip())
        if rows.model is not Cancellation:
            condition |= Q(number__contains=text.strip())
        rows = rows.filter(condition)
    found = rows.order_by("-pk")[offset : offset + min(limit, MOST_ROWS)]
    return StepPage(tuple(_step(each, now) for each in found), rows.count())


def _step(row: Any, now: datetime) -> StepRow:
    obligation = row.case.obligation if isinstance(row, Transfer) else row.obligation
    agency = row.case.agency if isinstance(row, Transfer) else row.agency
    today = timezone.localdate(now)
    goes_on, promised_on = False, None
    if isinstance(row, SupervisionNotice):
        if row.state == "answered" and obligation.state in RUNNING:
            promised_on = row.promised_on
        by, since, is_open = row.issued_by_agency.name, row.issued_at, row.state == "sent"
    elif isinstance(row, SupervisionCase):
        by, since, is_open = row.opened_by_agency.name, row.opened_at, CASE.states[row.state].open
        goes_on = not is_open and row.is_transferred  # type: ignore[attr-defined]
    elif isinstance(row, Transfer):
        by, since, is_open = row.to_name, row.sent_at, TRANSFER.states[row.state].open
        goes_on = is_open and not CASE.states[row.case.state].open
    else:
        by, since, is_open = row.asked_by_name, row.asked_at, row.state == "asked"
    return StepRow(
        id=row.pk,
        number="" if isinstance(row, Cancellation) else number_words(row.number),
        obligation_id=obligation.pk,
        contract_id=obligation.contract_id,
        contract=obligation.contract.number,
        title=obligation.title,
        agency=agency.name,
        by=by,
        state=row.state,
        due_on=row.due_on,
        since=since,
        late=bool(is_open and row.due_on and row.due_on < today),
        goes_on=goes_on,
        promised_on=promised_on,
        broken=promised_on is not None and promised_on < today,
    )
