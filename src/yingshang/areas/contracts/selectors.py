"""What officials read of contracts: the list of their reach, and one with everything of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import DeadlineView, get_deadlines
from yingshang.kernel.documents.api import number_words
from yingshang.kernel.ledger.api import events_of

from .lifecycle import CANCELLATION, CASE, CONTRACT, NOTICE, OBLIGATION, PERFORMANCE, SUPPLEMENT, TRANSFER
from .models import (
    Block,
    Cancellation,
    Contract,
    Correction,
    Obligation,
    Performance,
    SupervisionCase,
    SupervisionNotice,
    Supplement,
)
from .obligations.interest import interest_of
from .reach import HEAD, REGISTER, REVIEW, SUPERVISE, VIEW, agencies_of, not_found, on_desk
from .registering.actions.write_contract import rules_of
from .registering.files import files_of
from .searching import query_of
from .values import (
    BlockLine,
    CancellationLine,
    CaseLine,
    ContractDetail,
    ContractPage,
    ContractRow,
    CorrectionView,
    HistoryLine,
    NoticeLine,
    ObligationView,
    SaidView,
    SupplementView,
)

COUNTED = 10_000
"""Rows are counted up to here; more are "more than"."""
SIGNS = ("late", "bare", "disagreed", "disputed")
_ORDERS = {
    "next_due_on": F("next_due_on"),
    "signed_on": F("signed_on"),
    "amount_fen": F("amount_fen"),
    "number": F("id"),
}
_NUMBER = re.compile(r"[Hh][Tt]\d{0,22}")
_CREDIT_CODE = re.compile(r"[0-9A-Za-z]{18}")
_HISTORY = 50
_RUNNING = ("in_force", "suspended")


def contracts(
    *,
    actor: Actor,
    text: str = "",
    states: Sequence[str] = (),
    kinds: Sequence[str] = (),
    agency: int | None = None,
    region: str = "",
    due: int | None = None,
    sign: str = "",
    party: int | None = None,
    batch: int | None = None,
    order: str = "",
    offset: int = 0,
    limit: int = 20,
    now: datetime,
) -> ContractPage:
    """The contracts of one's reach, the newest first. `due`: something of it falls due within so many days, or is late;
    `sign`: late, bare (without obligations), disagreed, disputed. Two queries. Raises NotAllowed.
    """
    today = timezone.localdate(now)
    rows = on_desk(actor, VIEW)
    if states:
        rows = rows.filter(state__in=states)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if agency is not None:
        rows = rows.filter(agency=agency)
    if region:
        rows = rows.filter(region_path__startswith=region)
    if party is not None:
        rows = rows.filter(party=party)
    if batch is not None:
        rows = rows.filter(batch=batch)
    if due is not None:
        rows = rows.filter(next_due_on__lte=today + timedelta(days=due))
    if sign:
        rows = _with_sign(rows, sign, today)
    if text := text.strip():
        rows = rows.filter(_said(text))
    mine = Obligation.objects.filter(contract=OuterRef("pk"))
    page = (
        rows.order_by(*_order(order))
        .select_related("agency")
        .defer("words", "release", "counterparty_person", "note")
        .annotate(
            has_disagreed=Exists(mine.filter(disagreed=True)), has_disputed=Exists(mine.filter(disputed=True))
        )
    )
    total = rows.order_by()[: COUNTED + 1].count()
    found = tuple(_row(each, today) for each in page[offset : offset + limit])
    return ContractPage(found, min(total, COUNTED), total > COUNTED)


def contract(*, actor: Actor, contract_id: int, now: datetime) -> ContractDetail:
    """One contract of one's reach with its obligations, what both sides say of each, what was changed, and what
    followed when it was late. A fixed number of queries, however many obligations. Raises NotAllowed, ContractNotFound.
    """
    today = timezone.localdate(now)
    row = on_desk(actor, VIEW).filter(pk=contract_id).select_related("agency").first()
    if row is None:
        raise not_found(contract_id)
    rights = _Rights(actor, row)
    obligations = list(row.obligations.order_by("ordinal").prefetch_related(*_prefetched()))
    supplements = list(row.supplements.all())
    views = _obligations(obligations, supplements, rights, today, now)
    withdrawable = _withdrawable(obligations)
    late = [each for each in views if each.side == "unit" and each.late_days and each.open_fen]
    return ContractDetail(
        id=row.pk,
        number=row.number,
        reference=row.reference,
        title=row.title,
        kind=row.kind,
        secrecy=row.secrecy,
        state=row.state,
        agency_id=row.agency_id,
        agency_name=row.agency.name,
        region_path=row.region_path,
        party_id=row.party_id,
        counterparty_kind=row.counterparty_kind,
        counterparty_name=row.counterparty_name,
        counterparty_person=row.counterparty_person if rights.registrar or rights.reviewer else "",
        counterparty_code=row.counterparty_code,
        counterparty_size=row.counterparty_size,
        others=tuple(row.others),
        amount_fen=row.amount_fen,
        direction=row.direction,
        signed_on=row.signed_on,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        open_ended=row.open_ended,
        note=row.note,
        revision=row.revision,
        source=row.source,
        source_reference=row.source_reference,
        ocid=row.ocid,
        batch_id=row.batch_id,
        registered_by_name=row.registered_by_name,
        registered_at=row.registered_at,
        submitted_at=row.submitted_at,
        reviewed_by_name=row.reviewed_by_name,
        reviewed_at=row.reviewed_at,
        ended_at=row.ended_at,
        reason=row.reason,
        demonstration=row.demonstration,
        obligation_count=row.obligation_count,
        open_count=row.open_count,
        next_due_on=row.next_due_on,
        escalation=row.escalation,
        owed_fen=sum(each.open_fen for each in late),
        interest_fen=sum(each.interest_fen or 0 for each in late),
        unknown_interest=sum(1 for each in late if each.interest_fen is None),
        obligations=views,
        rules=tuple(rules_of(row, obligations)),
        supplements=tuple(_supplement(each, rights) for each in supplements),
        notices=tuple(_notice(one) for each in obligations for one in each.notices.all()),
        cases=tuple(_case(one) for each in obligations for one in each.cases.all()),
        cancellations=tuple(_cancellation(one) for each in obligations for one in each.cancellations.all()),
        files=files_of(actor, row),
        history=_history(row),
        events=_events(row, obligations),
        withdrawable=withdrawable,
        may=rights.of_contract() - (frozenset() if withdrawable else {"event_withdrawn"}),
    )


class _Rights:
    """What a reader may do with a contract and its parts now."""

    def __init__(self, actor: Actor, row: Contract) -> None:
        self.actor, self.row = actor, row
        self.registrar = row.agency_id in agencies_of(actor, REGISTER)
        self.reviewer = row.agency_id in agencies_of(actor, REVIEW)
        # A unit does not supervise itself.
        self.supervisor = (
            actor.may(SUPERVISE)
            and row.agency_id not in agencies_of(actor, SUPERVISE)
            and actor.scope(SUPERVISE).covers("agency", agency_id=row.agency_id, region_path=row.region_path)
        )
        self.of_unit = self.registrar or self.reviewer or row.agency_id in agencies_of(actor, HEAD)
        self.user = int(actor.identifier) if actor.kind == "user" else None

    def of_contract(self) -> frozenset[str]:
        """Events of the table, and supplement, event, event_withdrawn, file, file_removed."""
        found: set[str] = set()
        state = self.row.state
        if self.registrar:
            found |= set(CONTRACT.events(state, by="registrar"))
            if state in _RUNNING:
                found |= {"supplement", "event"}
            if state != "void":
                found.add("file")
            if state == "draft":
                found.add("file_removed")
        if self.registrar and state in _RUNNING:
            found.add("event_withdrawn")
        if self.supervisor and state in (*_RUNNING, "terminated"):
            # What a unit is late with it does not put off by taking the event back; who supervises may.
            found.add("event_withdrawn")
        if self.reviewer:
            found |= set(CONTRACT.events(state, by="reviewer")) - {"supplemented", "planned"}
            if self.user is not None and self.user == self.row.registered_by_id:
                found.discard("registered")
            if self.row.open_count:
                found.discard("completed")
            else:
                found.discard("reopened")
        if not self.registrar:
            found -= {"planned"}
        return frozenset(found)

    def of_obligation(self, row: Obligation, today: date) -> frozenset[str]:
        """Events of its table somebody of the unit, or above it, may bring about, and cancel, notice, case."""
        if self.row.state in ("draft", "submitted", "void"):
            return frozenset()
        found: set[str] = set()
        is_open = OBLIGATION.states[row.state].open
        late = is_open and row.due_on is not None and row.due_on < today
        if self.registrar:
            found |= set(OBLIGATION.events(row.state, by="registrar"))
            if is_open:
                found.add("record")
            watched = bool(row.escalation) or late
            asked = any(each.state in CANCELLATION.open_states for each in row.cancellations.all())
            if watched and not asked and row.state not in ("released", "dropped"):
                found.add("cancel")
        if self.supervisor:
            if row.disputed:
                found.add("settled")
            if late and not any(each.state in NOTICE.open_states for each in row.notices.all()):
                found.add("notice")
            if late and not any(each.state in CASE.open_states for each in row.cases.all()):
                found.add("case")
            if OBLIGATION.may(row.state, "corrected") and "after" in row.terms and not self.of_unit:
                found.add("corrected")
        return frozenset(found)

    def of_said(self, row: Performance) -> frozenset[str]:
        """Who said it takes it back."""
        mine = self.registrar and row.side == "unit"
        return frozenset({"withdrawn"} if mine and PERFORMANCE.may(row.state, "withdrawn") else ())

    def of_supplement(self, row: Supplement) -> frozenset[str]:
        """Another than who proposed it approves; either drops it."""
        found = set(SUPPLEMENT.events(row.state, by="reviewer")) if self.reviewer else set()
        if self.registrar:
            found |= set(SUPPLEMENT.events(row.state, by="registrar"))
        if self.user is not None and self.user == row.proposed_by_id:
            found.discard("approved")
        return frozenset(found)


def _with_sign(rows: QuerySet[Contract], sign: str, today: date) -> QuerySet[Contract]:
    mine = Obligation.objects.filter(contract=OuterRef("pk"))
    match sign:
        case "late":
            return rows.filter(next_due_on__lt=today)
        case "bare":
            return rows.filter(obligation_count=0, state__in=_RUNNING)
        case "disagreed":
            return rows.filter(Exists(mine.filter(disagreed=True)))
        case "disputed":
            return rows.filter(Exists(mine.filter(disputed=True)))
    return rows


def _said(text: str) -> Q:
    """A number, or how it begins; a credit code; or words: one of them, since no index serves all three at once."""
    if _NUMBER.fullmatch(text):
        return Q(number__startswith=text.upper())
    if _CREDIT_CODE.fullmatch(text) and not text.isalpha():
        return Q(counterparty_code=text.upper())
    words = query_of(text)
    return Q(words=words) if words is not None else Q(pk__in=())


def _order(order: str) -> list[Any]:
    column = _ORDERS.get(order.lstrip("-"))
    if column is None:
        return [F("id").desc()]
    down = order.startswith("-")
    return [column.desc(nulls_last=True) if down else column.asc(nulls_last=True), F("id").desc()]


def _row(row: Contract, today: date) -> ContractRow:
    return ContractRow(
        id=row.pk,
        number=row.number,
        reference=row.reference,
        title=row.title,
        kind=row.kind,
        secrecy=row.secrecy,
        state=row.state,
        agency_id=row.agency_id,
        agency_name=row.agency.name,
        region_path=row.region_path,
        party_id=row.party_id,
        counterparty_name=row.counterparty_name,
        counterparty_code=row.counterparty_code,
        amount_fen=row.amount_fen,
        direction=row.direction,
        signed_on=row.signed_on,
        ends_on=row.ends_on,
        obligation_count=row.obligation_count,
        open_count=row.open_count,
        next_due_on=row.next_due_on,
        late=row.next_due_on is not None and row.next_due_on < today,
        disagreed=bool(getattr(row, "has_disagreed", False)),
        disputed=bool(getattr(row, "has_disputed", False)),
        escalation=row.escalation,
        source=row.source,
        registered_at=row.registered_at,
        demonstration=row.demonstration,
    )


def _prefetched() -> list[Prefetch[Any]]:
    return [
        Prefetch("performances", Performance.objects.order_by("happened_on", "pk")),
        Prefetch("corrections", Correction.objects.order_by("pk")),
        Prefetch("notices", SupervisionNotice.objects.order_by("pk")),
        Prefetch("cases", SupervisionCase.objects.order_by("pk").prefetch_related("transfers")),
        Prefetch("cancellations", Cancellation.objects.order_by("pk")),
        Prefetch("blocks", Block.objects.filter(until__isnull=True).order_by("pk")),
    ]


def _obligations(
    rows: Sequence[Obligation],
    supplements: Iterable[Supplement],
    rights: _Rights,
    today: date,
    now: datetime,
) -> tuple[ObligationView, ...]:
    numbers = [each.deadline_id for each in rows if each.deadline_id]
    clocks = get_deadlines(numbers, now=now) if numbers else {}
    ordinals = {each.pk: each.ordinal for each in rows}
    changed_by = {each.pk: each.ordinal for each in supplements}
    return tuple(_obligation(each, ordinals, changed_by, clocks, rights, today) for each in rows)


def _obligation(
    row: Obligation,
    ordinals: Mapping[int, int],
    changed_by: Mapping[int, int],
    clocks: Mapping[int, DeadlineView],
    rights: _Rights,
    today: date,
) -> ObligationView:
    interest = interest_of(row, today)
    late = OBLIGATION.states[row.state].open and row.due_on is not None and row.due_on < today
    return ObligationView(
        id=row.pk,
        ordinal=row.ordinal,
        side=row.side,
        kind=row.kind,
        title=row.title,
        terms=row.terms,
        derivation=row.derivation,
        event=row.event,
        event_on=row.event_on,
        after_ordinal=ordinals.get(row.after_id or 0),
        due_on=row.due_on,
        law_due_on=row.law_due_on,
        law=row.law,
        amount_fen=row.amount_fen,
        done_fen=row.done_fen,
        open_fen=row.open_fen,
        unit_said_fen=row.unit_said_fen,
        counterparty_said_fen=row.counterparty_said_fen,
        daily_rate=row.daily_rate,
        rate_source=row.rate_source,
        late_days=(today - row.due_on).days if late and row.due_on else 0,
        interest_fen=interest.fen,
        interest_unknown=interest.unknown,
        interest_steps=tuple(interest.steps),
        state=row.state,
        disagreed=row.disagreed,
        disputed=row.disputed,
        performed_on=row.performed_on,
        confirmed_by=row.confirmed_by,
        budget_reserved=row.budget_reserved,
        escalation=row.escalation,
        supplement_ordinal=changed_by.get(row.supplement_id or 0),
        deadline=clocks.get(row.deadline_id or 0),
        said=tuple(_performance(each, rights) for each in row.performances.all()),
        corrections=tuple(correction_view(each) for each in row.corrections.all()),
        blocks=tuple(
            BlockLine(row.pk, each.kind, each.reference, each.label, each.since) for each in row.blocks.all()
        ),
        may=rights.of_obligation(row, today),
    )


def _performance(row: Performance, rights: _Rights) -> SaidView:
    return SaidView(
        row.pk,
        row.side,
        row.what,
        row.happened_on,
        row.amount_fen,
        row.interest_fen,
        row.note,
        row.state,
        tuple(row.document_ids),
        row.recorded_at,
        row.recorded_by_name,
        row.withdrawn_at,
        row.withdrawn_by_name,
        rights.of_said(row),
    )


def correction_view(row: Correction, *, named: bool = True) -> CorrectionView:
    """A correction; `named` with who made it."""
    return CorrectionView(
        row.pk,
        row.before,
        row.after,
        tuple(row.eased),
        row.reason,
        tuple(row.document_ids),
        row.agency_name,
        row.made_by_name if named else "",
        row.made_at,
    )


def _supplement(row: Supplement, rights: _Rights) -> SupplementView:
    return SupplementView(
        row.pk,
        row.ordinal,
        row.reference,
        row.title,
        row.signed_on,
        row.effective_on,
        row.reason,
        {name: (pair[0], pair[1]) for name, pair in row.changes.items()},
        tuple(row.obligation_changes),
        row.state,
        row.proposed_by_name,
        row.proposed_at,
        row.decided_by_name,
        row.decided_at,
        row.remark,
        row.dropped_by_name,
        row.dropped_at,
        row.drop_reason,
        row.needs_agreement,
        tuple(row.eased),
        row.due_on,
        row.agreed_as,
        row.agreed_by_name,
        row.agreed_at,
        row.agreement_reason,
        rights.of_supplement(row),
    )


def _notice(row: SupervisionNotice) -> NoticeLine:
    return NoticeLine(
        row.pk,
        number_words(row.number),
        row.state,
        row.obligation_id,
        row.issued_at,
        row.due_on,
        row.document_id,
    )


def _case(row: SupervisionCase) -> CaseLine:
    transfers = tuple((each.pk, number_words(each.number), each.state) for each in row.transfers.all())
    return CaseLine(
        row.pk,
        number_words(row.number),
        row.state,
        row.obligation_id,
        row.opened_at,
        row.due_on,
        transfers,
        not CASE.states[row.state].open
        and any(TRANSFER.states[state].open for _pk, _number, state in transfers),
    )


def _cancellation(row: Cancellation) -> CancellationLine:
    return CancellationLine(
        row.pk,
        row.state,
        row.obligation_id,
        row.statement,
        row.asked_at,
        row.asked_by_name,
        row.due_on,
        row.decided_as,
        row.decided_by_name,
        row.reason,
    )


def _history(row: Contract) -> tuple[HistoryLine, ...]:
    return tuple(
        HistoryLine(each.occurred_at, each.action, each.actor_name, each.reason, each.id)
        for each in events_of("contract", str(row.pk), limit=_HISTORY)
    )


def _withdrawable(obligations: Iterable[Obligation]) -> tuple[str, ...]:
    """The events by which something began that is not done. That another obligation was done is none somebody tells."""
    found = [
        each.event
        for each in obligations
        if OBLIGATION.states[each.state].open and each.event_on is not None and each.event not in _NOT_TOLD
    ]
    return tuple(dict.fromkeys(found))


_NOT_TOLD = ("", "signed", "obligation")


def _events(row: Contract, obligations: Iterable[Obligation]) -> dict[str, date]:
    """The events of the contract that have happened, as far as its obligations know."""
    found = {"signed": row.signed_on}
    for each in obligations:
        if each.event and each.event_on is not None and each.event not in found:
            found[each.event] = each.event_on
    return found
