"""Supplements that wait, or waited, for the other side's word, as who supervises reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ..ladder._steps import step_not_found
from ..ladder.selectors import MOST_ROWS, StepPage, StepRow
from ..lifecycle import SUPPLEMENT
from ..models import Supplement
from ..own.block import blocks_of
from ..reach import REGISTER, REVIEW, SUPERVISE, VIEW, agencies_of, on_desk
from .agreement import may_be_decided


@dataclass(frozen=True, slots=True)
class AgreementDetail:
    """A supplement that eases what a unit is late with. `eased` is what of that, as it was and as it would be;
    `blocks` the other side's appeals that say the contrary; `may`: agreed, declined, dropped.
    """

    row: StepRow
    reference: str
    signed_on: date
    effective_on: date
    reason: str
    changes: Mapping[str, tuple[Any, Any]]
    obligation_changes: tuple[Mapping[str, Any], ...]
    eased: tuple[Mapping[str, Any], ...]
    counterparty: str
    approved_by: str
    approved_at: datetime | None
    agreed_as: str
    agreed_by: str
    agreed_at: datetime | None
    agreement_reason: str
    dropped_by: str
    dropped_at: datetime | None
    drop_reason: str
    blocks: tuple[str, ...]
    may: frozenset[str]


def agreements(
    *,
    actor: Actor,
    now: datetime,
    text: str = "",
    state: str = "",
    decidable: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> StepPage:
    """Those of the units of one's reach, the newest first; with `decidable` only those that wait for who supervises.
    Two queries. Raises NotAllowed.
    """
    rows = _reached(actor)
    if decidable:
        over = Q(contract__party__isnull=True) | Q(due_on__lt=timezone.localdate(now))
        rows = rows.filter(over, state="to_agree").exclude(contract__agency__in=agencies_of(actor, SUPERVISE))
    if state:
        rows = rows.filter(state=state)
    if text := text.strip():
        rows = rows.filter(
            Q(contract__number=text)
            | Q(title__icontains=text)
            | Q(contract__title__icontains=text)
            | Q(contract__agency__name__icontains=text)
            | Q(contract__counterparty_name__icontains=text)
        )
    found = rows.order_by("-pk")[offset : offset + min(limit, MOST_ROWS)]
    return StepPage(tuple(_row(each, now) for each in found), rows.count())


def agreement(*, actor: Actor, supplement_id: int, now: datetime) -> AgreementDetail:
    """One of them. Raises NotAllowed, StepNotFound."""
    row = _reached(actor).filter(pk=supplement_id).first()
    if row is None:
        raise step_not_found(supplement_id)
    contract = row.contract
    found = blocks_of([each["obligation"] for each in row.eased])
    blocks = tuple(one.label for each in found.values() for one in each)
    may: set[str] = set()
    if contract.agency_id in agencies_of(actor, REGISTER) | agencies_of(actor, REVIEW):
        may |= {"dropped"} if SUPPLEMENT.may(row.state, "dropped") else set()
    supervises = (
        actor.may(SUPERVISE)
        and contract.agency_id not in agencies_of(actor, SUPERVISE)
        and actor.scope(SUPERVISE).covers(
            "agency", agency_id=contract.agency_id, region_path=contract.region_path
        )
    )
    if supervises and may_be_decided(row, now=now):
        may |= set(SUPPLEMENT.events(row.state, by="supervisor")) - ({"agreed"} if blocks else set())
    return AgreementDetail(
        row=_row(row, now),
        reference=row.reference,
        signed_on=row.signed_on,
        effective_on=row.effective_on,
        reason=row.reason,
        changes={name: (pair[0], pair[1]) for name, pair in row.changes.items()},
        obligation_changes=tuple(row.obligation_changes),
        eased=tuple(row.eased),
        counterparty=contract.counterparty_name,
        approved_by=row.decided_by_name,
        approved_at=row.decided_at,
        agreed_as=row.agreed_as,
        agreed_by=row.agreed_by_name,
        agreed_at=row.agreed_at,
        agreement_reason=row.agreement_reason,
        dropped_by=row.dropped_by_name,
        dropped_at=row.dropped_at,
        drop_reason=row.drop_reason,
        blocks=blocks,
        may=frozenset(may),
    )


def _reached(actor: Actor) -> QuerySet[Supplement]:
    rows = Supplement.objects.filter(contract__in=on_desk(actor, VIEW), needs_agreement=True)
    return rows.select_related("contract__agency")


def _row(row: Supplement, now: datetime) -> StepRow:
    late = row.state == "to_agree" and row.due_on is not None and row.due_on < timezone.localdate(now)
    return StepRow(
        id=row.pk,
        number="",
        obligation_id=row.eased[0]["obligation"],
        contract_id=row.contract_id,
        contract=row.contract.number,
        title=row.title,
        agency=row.contract.agency.name,
        by=row.proposed_by_name,
        state=row.state,
        due_on=row.due_on,
        since=row.decided_at or row.proposed_at,
        late=late,
    )
