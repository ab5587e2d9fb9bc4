"""What an enterprise reads: its reviewed contracts, what it is owed with interest today, what waits for its word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import number_words

from ..lifecycle import SUPPLEMENT
from ..models import (
    Cancellation,
    Contract,
    Correction,
    Obligation,
    Performance,
    SupervisionNotice,
    Supplement,
)
from ..models.obligations import OPEN
from ..obligations.interest import interest_of
from ..reach import (
    HIDDEN_FROM_OWN,
    STATE_OWN,
    VIEW,
    VIEW_OWN,
    not_found,
    obligation_not_found,
    obligations_on_desk,
    on_desk,
    own_contracts,
    own_obligations,
    own_party,
)
from ..selectors import correction_view
from .block import blocks_of
from .values import (
    Owed,
    OwedPage,
    OwnBlock,
    OwnCancellation,
    OwnContract,
    OwnContractDetail,
    OwnContractPage,
    OwnObligation,
    OwnOne,
    OwnSaid,
    OwnSupplement,
)


def my_contracts(
    *,
    actor: Actor,
    today: date,
    text: str = "",
    states: Sequence[str] = (),
    party_id: int | None = None,
    only: str = "",
    order: str = "-signed_on",
    offset: int = 0,
    limit: int = 20,
) -> OwnContractPage:
    """The reviewed contracts of one's enterprises. `only`: late, where the unit owes money that is late; open, where
    anything is to be done still; waiting, where one's word is asked for. Five queries at most.

    Raises NotAllowed, PartyNotFound.
    """
    rows = own_contracts(actor)
    if party_id is not None:
        rows = rows.filter(party=own_party(actor, party_id))
    if states:
        rows = rows.filter(state__in=states)
    if text := text.strip():
        rows = rows.filter(
            Q(number__istartswith=text)
            | Q(reference__icontains=text)
            | Q(title__icontains=text)
            | Q(agency__name__icontains=text)
        )
    match only:
        case "late":
            late = _owed_rows(own_obligations(actor)).filter(due_on__lt=today)
            rows = rows.filter(pk__in=late.values("contract"))
        case "open":
            rows = rows.filter(open_count__gt=0)
        case "waiting":
            asked = Cancellation.objects.filter(state="asked", obligation__contract__in=own_contracts(actor))
            to_agree = Supplement.objects.filter(state="to_agree", contract__in=own_contracts(actor))
            rows = rows.filter(
                Q(pk__in=asked.values("obligation__contract")) | Q(pk__in=to_agree.values("contract"))
            )
    by = order if order.lstrip("-") in _ORDERS else "-signed_on"
    column = F(by.lstrip("-"))
    first = column.desc(nulls_last=True) if by.startswith("-") else column.asc(nulls_last=True)
    found = list(rows.select_related("agency", "party").order_by(first, "-pk")[offset : offset + limit])
    return OwnContractPage(_summaries(found, today), rows.count())


_SUPPLEMENTS = Q(state__in=("effective", "to_agree", "declined")) | Q(state="dropped", needs_agreement=True)
"""What waits in the unit, or was dropped before the other side was asked, is the unit's own business."""
_ORDERS = ("signed_on", "title", "amount_fen", "next_due_on", "state", "number")


def my_contract(*, actor: Actor, contract_id: int, today: date) -> OwnContractDetail:
    """One of them with its obligations, what both sides say of each, and what the reader may say now. Eleven queries at
    most, however many obligations. Raises NotAllowed, ContractNotFound.
    """
    contract = own_contracts(actor).select_related("agency", "party").filter(pk=contract_id).first()
    if contract is None:
        raise not_found(contract_id)
    seen = _seen(actor, contract, list(contract.obligations.order_by("ordinal")), today)
    owed = [
        each for each in seen if each.side == "unit" and each.state in OPEN and each.due_on and each.open_fen
    ]
    return OwnContractDetail(
        summary=_summaries([contract], today)[0],
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        open_ended=contract.open_ended,
        obligations=seen,
        supplements=tuple(
            _supplement(each, contract, actor)
            for each in contract.supplements.filter(_SUPPLEMENTS).order_by("ordinal")
        ),
        owed_fen=sum(each.open_fen for each in owed),
        interest_fen=sum(each.interest_fen or 0 for each in owed),
        unknown_interest=sum(1 for each in owed if each.late_days and each.interest_fen is None),
    )


def my_obligation(*, actor: Actor, obligation_id: int, today: date) -> OwnOne:
    """One obligation of a contract of one's own. Ten queries at most. Raises NotAllowed, ObligationNotFound."""
    row = (
        own_obligations(actor)
        .select_related("contract__agency", "contract__party")
        .filter(pk=obligation_id)
        .first()
    )
    if row is None:
        raise obligation_not_found(obligation_id)
    contract = row.contract
    [seen] = _seen(actor, contract, [row], today)
    return OwnOne(_summaries([contract], today)[0], contract.region_path, seen)


def _seen(
    actor: Actor, contract: Contract, rows: Sequence[Obligation], today: date
) -> tuple[OwnObligation, ...]:
    numbers = [row.pk for row in rows]
    said: dict[int, list[Performance]] = {}
    for entry in Performance.objects.filter(obligation__in=numbers).order_by("happened_on", "pk"):
        said.setdefault(entry.obligation_id, []).append(entry)
    corrected: dict[int, list[Correction]] = {}
    for each in Correction.objects.filter(obligation__in=numbers).order_by("pk"):
        corrected.setdefault(each.obligation_id, []).append(each)
    asked = {each.obligation_id: each for each in cancellations_for_me(actor=actor, contract_id=contract.pk)}
    notices: dict[int, list[str]] = {}
    for number, obligation in (
        SupervisionNotice.objects.filter(obligation__in=numbers)
        .exclude(state="lifted")
        .values_list("number", "obligation")
    ):
        notices.setdefault(obligation, []).append(number_words(number))
    blocks = blocks_of(numbers)
    may_speak = actor.may(STATE_OWN)
    return tuple(
        _obligation(
            row,
            contract,
            said.get(row.pk, ()),
            corrected.get(row.pk, ()),
            tuple(
                OwnBlock(each.kind, each.reference, each.label, each.since, each.until)
                for each in blocks.get(row.pk, ())
            ),
            asked.get(row.pk),
            tuple(notices.get(row.pk, ())),
            may_speak=may_speak,
            today=today,
        )
        for row in rows
    )


def owed_to_me(
    *,
    actor: Actor,
    today: date,
    party_id: int | None = None,
    text: str = "",
    late_only: bool = False,
    offset: int = 0,
    limit: int = 20,
) -> OwedPage:
    """The payments one's enterprises wait for, the longest due first, each with its interest today, and what all of
    them come to. Five queries at most. Raises NotAllowed, PartyNotFound.
    """
    rows = _owed_rows(own_obligations(actor))
    if party_id is not None:
        rows = rows.filter(contract__party=own_party(actor, party_id))
    if text := text.strip():
        rows = rows.filter(
            Q(contract__title__icontains=text)
            | Q(contract__number__istartswith=text)
            | Q(agency__name__icontains=text)
        )
    if late_only:
        rows = rows.filter(due_on__lt=today)
    sums = rows.aggregate(
        total=Count("pk"),
        owed=Sum("open_fen"),
        late=Count("pk", filter=Q(due_on__lt=today)),
        late_fen=Sum("open_fen", filter=Q(due_on__lt=today)),
        since=Min("due_on", filter=Q(due_on__lt=today)),
    )
    grown, unknown = 0, 0
    # An enterprise has hundreds of them, not millions: each is computed as its own line shows it, to the fen.
    for row in rows.filter(due_on__lt=today).only(*_OF_INTEREST) if sums["late"] else ():
        interest = interest_today(row, today)
        grown, unknown = grown + (interest or 0), unknown + (interest is None)
    found = list(
        rows.select_related("contract__party", "agency").order_by("due_on", "pk")[offset : offset + limit]
    )
    blocks = blocks_of([row.pk for row in found])
    return OwedPage(
        rows=tuple(
            _owed(row, tuple(each.label for each in blocks.get(row.pk, ())), today=today) for row in found
        ),
        total=sums["total"],
        owed_fen=sums["owed"] or 0,
        late_count=sums["late"],
        late_fen=sums["late_fen"] or 0,
        interest_fen=grown,
        unknown_interest=unknown,
        since=sums["since"],
    )


def cancellations_for_me(
    *, actor: Actor, contract_id: int | None = None, cancellation_id: int | None = None, limit: int = 100
) -> tuple[OwnCancellation, ...]:
    """What a unit says is done, and waits for one's word, the first to end first. Two queries. Raises NotAllowed."""
    rows = Cancellation.objects.filter(state="asked", obligation__in=own_obligations(actor))
    if contract_id is not None:
        rows = rows.filter(obligation__contract=contract_id)
    if cancellation_id is not None:
        rows = rows.filter(pk=cancellation_id)
    found = list(
        rows.select_related("agency", "obligation__contract").order_by(
            F("due_on").asc(nulls_last=True), "pk"
        )[:limit]
    )
    blocks = blocks_of([each.obligation_id for each in found])
    return tuple(
        OwnCancellation(
            id=each.pk,
            obligation_id=each.obligation_id,
            obligation_title=each.obligation.title,
            contract_id=each.obligation.contract_id,
            contract_title=each.obligation.contract.title,
            agency_name=each.agency.name,
            party_id=each.obligation.contract.party_id or 0,
            statement=each.statement,
            document_ids=tuple(each.document_ids),
            asked_at=each.asked_at,
            due_on=each.due_on,
            open_fen=each.obligation.open_fen,
            blocked_by=tuple(one.label for one in blocks.get(each.obligation_id, ())),
        )
        for each in found
    )


def supplements_for_me(
    *, actor: Actor, supplement_id: int | None = None, limit: int = 100
) -> tuple[OwnSupplement, ...]:
    """Supplements that take effect once one has agreed, the first to end first. One query. Raises NotAllowed."""
    rows = Supplement.objects.filter(state="to_agree", contract__in=own_contracts(actor))
    if supplement_id is not None:
        rows = rows.filter(pk=supplement_id)
    found = rows.select_related("contract__agency").order_by(F("due_on").asc(nulls_last=True), "pk")[:limit]
    return tuple(_supplement(each, each.contract, actor) for each in found)


def named_obligations(*, actor: Actor, obligation_ids: Collection[int]) -> dict[int, tuple[int, int, str]]:
    """Those of some obligations somebody may see, as an enterprise or an official: contract, party (0 where it is none
    of the register), name. Two queries at most.
    """
    found: dict[int, tuple[int, int, str]] = {}
    for rows in _reaches(actor, obligation_ids):
        for row in rows.select_related("contract"):
            found[row.pk] = (
                row.contract_id,
                row.contract.party_id or 0,
                f"{row.contract.title}：{row.title} {row.contract.number}",
            )
    return found


def named_contracts(*, actor: Actor, contract_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """Those of some contracts somebody may see: party (0 where it is not registered), name. Two queries at most."""
    found: dict[int, tuple[int, str]] = {}
    reaches: list[QuerySet[Contract]] = []
    if actor.may(VIEW_OWN):
        reaches.append(own_contracts(actor))
    if actor.may(VIEW):
        reaches.append(on_desk(actor))
    for rows in reaches:
        for row in rows.filter(pk__in=list(contract_ids)):
            found[row.pk] = (row.party_id or 0, f"{row.title} {row.number}")
    return found


def newest_contracts(
    *, actor: Actor, party_ids: Collection[int], limit: int = 20
) -> tuple[tuple[int, str], ...]:
    """The newest contracts of some enterprises, and of what was merged into them, as the actor may name them: number
    and name. One query.
    """
    if not party_ids or not actor.may(VIEW_OWN):
        return ()
    kept = Q(party__in=list(party_ids)) | Q(party__merged_into__in=list(party_ids))
    rows = own_contracts(actor).filter(kept).order_by("-signed_on", "-pk")[:limit]
    return tuple((row.pk, f"{row.title} {row.number}") for row in rows)


def open_obligations_of(
    *, actor: Actor, party_ids: Collection[int], limit: int = 20
) -> tuple[tuple[int, str], ...]:
    """What units owe some enterprises, the longest due first, as the actor may name it. One query."""
    if not party_ids or not actor.may(VIEW_OWN):
        return ()
    numbers = list(party_ids)
    kept = Q(contract__party__in=numbers) | Q(contract__party__merged_into__in=numbers)
    rows = own_obligations(actor).filter(kept, side="unit", state__in=OPEN)
    found = rows.select_related("contract").order_by(F("due_on").asc(nulls_last=True), "pk")[:limit]
    return tuple((row.pk, f"{row.contract.title}：{row.title} {row.contract.number}") for row in found)


def interest_today(row: Obligation, today: date) -> int | None:
    """What has grown on it until a day; None where no rule gives a rate."""
    return interest_of(row, today).fen


_OF_INTEREST = (
    "due_on",
    "state",
    "amount_fen",
    "done_fen",
    "open_fen",
    "daily_rate",
    "accrued_fen",
    "accrued_until",
)


def _owed_rows(rows: QuerySet[Obligation]) -> QuerySet[Obligation]:
    return rows.filter(
        side="unit", state__in=OPEN, due_on__isnull=False, amount_fen__isnull=False, open_fen__gt=0
    )


def _reaches(actor: Actor, obligation_ids: Collection[int]) -> Iterable[QuerySet[Obligation]]:
    wanted = list(obligation_ids)
    if wanted and actor.may(VIEW_OWN):
        yield own_obligations(actor).filter(pk__in=wanted)
    if wanted and actor.may(VIEW):
        yield obligations_on_desk(actor).filter(pk__in=wanted)


def _summaries(rows: Sequence[Contract], today: date) -> tuple[OwnContract, ...]:
    numbers = [row.pk for row in rows]
    owed: dict[int, tuple[int, int]] = {
        each["contract"]: (each["owed"] or 0, each["late"] or 0)
        for each in _owed_rows(Obligation.objects.filter(contract__in=numbers))
        .order_by()
        .values("contract")
        .annotate(owed=Sum("open_fen"), late=Sum("open_fen", filter=Q(due_on__lt=today)))
    }
    asked = Cancellation.objects.filter(obligation__contract__in=numbers, state="asked").order_by()
    to_agree = Supplement.objects.filter(contract__in=numbers, state="to_agree").order_by()
    waiting = Counter(
        asked.values_list("obligation__contract", flat=True).union(
            to_agree.values_list("contract", flat=True), all=True
        )
    )
    return tuple(
        OwnContract(
            id=row.pk,
            number=row.number,
            reference=row.reference,
            title=row.title,
            kind=row.kind,
            agency_id=row.agency_id,
            agency_name=row.agency.name,
            party_id=row.party_id or 0,
            party_name=row.party.name if row.party else row.counterparty_name,
            amount_fen=row.amount_fen,
            direction=row.direction,
            signed_on=row.signed_on,
            state=row.state,
            obligation_count=row.obligation_count,
            open_count=row.open_count,
            next_due_on=row.next_due_on,
            owed_fen=owed.get(row.pk, (0, 0))[0],
            late_fen=owed.get(row.pk, (0, 0))[1],
            waiting_for_me=waiting[row.pk],
        )
        for row in rows
    )


def late_days(row: Obligation, today: date) -> int:
    """Days since the day it was due, of what is open; zero where it is not late."""
    if row.due_on is None or row.state not in OPEN or row.due_on >= today:
        return 0
    return (today - row.due_on).days


def _supplement(row: Supplement, contract: Contract, actor: Actor) -> OwnSupplement:
    changes = []
    for each in row.obligation_changes:
        # Whether money is set aside for it is the unit's own business.
        shown = {
            part: {name: value for name, value in each[part].items() if name != "budget_reserved"}
            for part in ("changes", "rule")
            if part in each
        }
        changes.append({**each, **shown})
    may = SUPPLEMENT.events(row.state, by="counterparty") if actor.may(STATE_OWN) else ()
    return OwnSupplement(
        id=row.pk,
        contract_id=contract.pk,
        contract_title=contract.title,
        agency_name=contract.agency.name,
        ordinal=row.ordinal,
        title=row.title,
        reference=row.reference,
        signed_on=row.signed_on,
        effective_on=row.effective_on,
        reason=row.reason,
        state=row.state,
        # So is what the unit has noted down for itself.
        changes={name: (pair[0], pair[1]) for name, pair in row.changes.items() if name != "note"},
        obligation_changes=tuple(changes),
        eased=tuple(row.eased),
        due_on=row.due_on,
        ended_at=row.dropped_at if row.state == "dropped" else row.agreed_at,
        ended_as=row.agreed_as,
        end_reason=row.drop_reason if row.state == "dropped" else row.agreement_reason,
        may=frozenset(may),
    )


def _owed(row: Obligation, blocked_by: tuple[str, ...], *, today: date) -> Owed:
    assert row.due_on is not None and row.amount_fen is not None
    contract = row.contract
    return Owed(
        obligation_id=row.pk,
        contract_id=contract.pk,
        contract_number=contract.number,
        contract_title=contract.title,
        agency_id=row.agency_id,
        agency_name=row.agency.name,
        party_id=contract.party_id or 0,
        party_name=contract.party.name if contract.party else contract.counterparty_name,
        title=row.title,
        kind=row.kind,
        state=row.state,
        due_on=row.due_on,
        late_days=late_days(row, today),
        amount_fen=row.amount_fen,
        done_fen=row.done_fen,
        open_fen=row.open_fen,
        interest_fen=interest_today(row, today),
        daily_rate=row.daily_rate,
        rate_source=row.rate_source,
        law=row.law,
        law_due_on=row.law_due_on,
        disagreed=row.disagreed,
        escalation=row.escalation,
        blocked_by=blocked_by,
    )


def _obligation(
    row: Obligation,
    contract: Contract,
    said: Sequence[Performance],
    corrected: Sequence[Correction],
    blocks: tuple[OwnBlock, ...],
    cancellation: OwnCancellation | None,
    notices: tuple[str, ...],
    *,
    may_speak: bool,
    today: date,
) -> OwnObligation:
    late = late_days(row, today)
    return OwnObligation(
        id=row.pk,
        ordinal=row.ordinal,
        side=row.side,
        kind=row.kind,
        title=row.title,
        state=row.state,
        terms=dict(row.terms),
        derivation=dict(row.derivation),
        event_on=row.event_on,
        due_on=row.due_on,
        late_days=late,
        law=row.law,
        law_due_on=row.law_due_on,
        amount_fen=row.amount_fen,
        done_fen=row.done_fen,
        open_fen=row.open_fen,
        unit_said_fen=row.unit_said_fen,
        counterparty_said_fen=row.counterparty_said_fen,
        interest_fen=interest_today(row, today) if row.amount_fen is not None and row.due_on else None,
        daily_rate=row.daily_rate,
        rate_source=row.rate_source,
        disagreed=row.disagreed,
        disputed=row.disputed,
        performed_on=row.performed_on,
        escalation=row.escalation,
        said=tuple(
            OwnSaid(
                each.pk,
                each.side,
                each.what,
                each.happened_on,
                each.amount_fen,
                each.note,
                each.state,
                each.recorded_at,
                # Which official wrote it is the unit's business.
                each.recorded_by_name if each.side == "counterparty" else "",
                tuple(each.document_ids),
                each.side == "counterparty",
            )
            for each in said
        ),
        corrections=tuple(correction_view(each, named=False) for each in corrected),
        blocks=blocks,
        cancellation=cancellation,
        notice_numbers=notices,
        may=_may(row, contract, said, blocks, today) if may_speak else frozenset(),
    )


def _may(
    row: Obligation, contract: Contract, said: Sequence[Performance], blocks: Sequence[OwnBlock], today: date
) -> frozenset[str]:
    """What the enterprise may say of it now: not before a day has come. What a terminated one left owed is owed."""
    if contract.state in HIDDEN_FROM_OWN or row.state in ("released", "dropped"):
        return frozenset()
    confirmed = _confirmed(said)
    found: set[str] = set()
    if row.state in OPEN or (row.state == "performed" and not confirmed):
        found.add("done")
    if row.side == "unit":
        claimed = any(
            each.side == "unit" and each.state == "valid" and each.what in ("done", "partial")
            for each in said
        )
        if claimed or (row.due_on is not None and row.due_on < today):
            found.add("not_received")
            if row.amount_fen is not None and not blocks and not (row.state == "performed" and confirmed):
                found.add("not_paid")
    if row.disputed:
        found.add("settled")
    elif row.state in OPEN or row.state == "performed":
        found.add("disputed")
    return frozenset(found)


def _confirmed(said: Sequence[Performance]) -> bool:
    """Whether its last word is that all has come."""
    words = [
        each
        for each in said
        if each.side == "counterparty" and each.state == "valid" and each.what in ("done", "not_received")
    ]
    return bool(words) and max(words, key=lambda one: one.pk).what == "done"
