"""Contracts given out as a package of releases: those that are open, reviewed, and within somebody's reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from yingshang.kernel.access.api import Actor

from ..models import Contract, Obligation, Performance
from ..reach import OPEN_TO_ALL, on_desk
from ..registering.values import ContractFields, OtherParty
from .ocds import Outgoing, OutgoingObligation, OutgoingPerformance, write_package
from .rules import gathering_rules


def export_package(
    *,
    actor: Actor,
    uri: str,
    now: datetime,
    agency_id: int | None = None,
    numbers: Sequence[str] = (),
    after_id: int = 0,
    limit: int = 100,
) -> tuple[dict[str, Any], int | None]:
    """A release package (OCDS 1.1) of contracts, by their numbers in the register upwards, and the number to read on
    behind, where there are more. Drafts, what was void and what is not open is left out. Four queries.

    Needs `contracts.view`. Raises NotAllowed.
    """
    rules = gathering_rules()
    rows = on_desk(actor).filter(secrecy=OPEN_TO_ALL, state__in=list(rules.ocds.states), pk__gt=after_id)
    if agency_id is not None:
        rows = rows.filter(agency=agency_id)
    if numbers:
        rows = rows.filter(number__in=numbers)
    limit = min(limit, rules.most_exported)
    found = list(_whole(rows).order_by("pk")[: limit + 1])
    package = write_package([_outgoing(each) for each in found[:limit]], uri=uri, now=now)
    return package, found[limit - 1].pk if len(found) > limit else None


def _whole(rows: QuerySet[Contract]) -> QuerySet[Contract]:
    said = Performance.objects.filter(state="valid").order_by("happened_on", "id")
    owed = Obligation.objects.order_by("ordinal").prefetch_related(Prefetch("performances", queryset=said))
    return rows.select_related("agency").prefetch_related(Prefetch("obligations", queryset=owed))


def _outgoing(row: Contract) -> Outgoing:
    kept = row.release or {}
    names = kept.get("obligations", {})
    return Outgoing(
        number=row.number,
        fields=fields_of(row),
        state=row.state,
        unit_code=row.agency.code,
        unit_name=row.agency.name,
        updated_at=row.ended_at or row.reviewed_at or row.registered_at,
        ocid=row.ocid,
        source_reference=row.source_reference,
        release=kept.get("release", {}),
        obligations=tuple(_obligation(each, names) for each in row.obligations.all()),
    )


def fields_of(row: Contract) -> ContractFields:
    """What is written down of a contract; of a natural person the masked name."""
    return ContractFields(
        title=row.title,
        kind=row.kind,
        signed_on=row.signed_on,
        counterparty_name=row.counterparty_name,
        counterparty_code=row.counterparty_code,
        counterparty_kind=row.counterparty_kind,
        counterparty_size=row.counterparty_size,
        others=tuple(OtherParty(**each) for each in row.others),
        amount_fen=row.amount_fen,
        direction=row.direction,
        reference=row.reference,
        secrecy=row.secrecy,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        open_ended=row.open_ended,
        note=row.note,
    )


def _obligation(row: Obligation, names: dict[str, str]) -> OutgoingObligation:
    return OutgoingObligation(
        ordinal=row.ordinal,
        side=row.side,
        kind=row.kind,
        title=row.title,
        terms=row.terms,
        due_on=row.due_on,
        amount_fen=row.amount_fen,
        done_fen=row.done_fen,
        state=row.state,
        performed_on=row.performed_on,
        performances=tuple(
            OutgoingPerformance(each.side, each.what, each.happened_on, each.amount_fen, each.note)
            for each in row.performances.all()
        ),
        source=names.get(str(row.ordinal), ""),
    )
