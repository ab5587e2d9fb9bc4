"""Reads of claims: an enterprise's own, or those of an official's reach, with the scope in the query."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from yingshang.kernel.access.api import Actor, entries_of, entries_of_each

from .assessing.steps import may_score_claim
from .lifecycle import CLAIM
from .models import Claim, ClaimMaterial, Instalment, PayeeAccount, PaymentOrder, Trip
from .reach import OWN, VIEW, not_found, own_party, visible
from .values import (
    AccountView,
    ClaimDetail,
    ClaimFact,
    ClaimPage,
    ClaimSummary,
    InstalmentView,
    MaterialView,
)


def claims(
    *,
    actor: Actor,
    party_id: int | None = None,
    states: Collection[str] = (),
    modes: Collection[str] = (),
    item_code: str = "",
    region_path: str = "",
    text: str = "",
    since: date | None = None,
    until: date | None = None,
    stopped: bool | None = None,
    bundle: str = "",
    offset: int = 0,
    limit: int = 50,
) -> ClaimPage:
    """Claims within the actor's reach, newest first; of one enterprise, if it is named. Three queries.

    `text` is looked for in the number, the enterprise's name and credit code, and the item's name.
    """
    rows = _rows(actor)
    if party_id is not None:
        rows = rows.filter(party__in=entries_of(party_id))
    if states:
        rows = rows.filter(state__in=list(states))
    if modes:
        rows = rows.filter(mode__in=list(modes))
    if item_code:
        rows = rows.filter(item_code=item_code)
    if bundle:
        rows = rows.filter(bundle=bundle)
    if region_path:
        rows = rows.filter(region_path__startswith=region_path)
    if since:
        rows = rows.filter(submitted_at__date__gte=since)
    if until:
        rows = rows.filter(submitted_at__date__lte=until)
    if stopped is not None:
        rows = rows.filter(_stopped()) if stopped else rows.exclude(_stopped())
    for word in text.split():
        rows = rows.filter(
            Q(number__icontains=word)
            | Q(party__name__icontains=word)
            | Q(party__credit_code__istartswith=word)
            | Q(item_name__icontains=word)
            | Q(bundle=word)
        )
    return ClaimPage(tuple(_summary(row) for row in rows[offset : offset + limit]), rows.count())


def get_claim(*, actor: Actor, claim_id: int) -> ClaimDetail:
    """One claim within the actor's reach. Raises ClaimNotFound."""
    row = _rows(actor).select_related("account", "entitlement_list").filter(pk=claim_id).first()
    if row is None:
        raise not_found(claim_id)
    orders: dict[int, PaymentOrder] = {}
    for order in PaymentOrder.objects.filter(claim=row).order_by("pk"):
        orders[order.instalment_id] = order
    return ClaimDetail(
        summary=_summary(row),
        version=row.version,
        facts=tuple(
            ClaimFact(
                column,
                each.get("value"),
                each.get("source", ""),
                date.fromisoformat(each["as_of"]) if each.get("as_of") else None,
            )
            for column, each in sorted(row.facts.items())
        ),
        materials=tuple(material_view(each) for each in row.materials.order_by("pk")),
        lines=tuple(each.values for each in row.lines.order_by("number")),
        instalments=tuple(
            _instalment(each, orders.get(each.pk)) for each in row.instalments.order_by("number")
        ),
        account=account_view(row.account) if row.account else None,
        receipt_id=row.receipt_id,
        submission_id=row.submission_id,
        case_id=row.case_id,
        prefilled=row.prefilled,
        fields=row.fields,
        accepted_by=row.accepted_by,
        reviewed_by=row.reviewed_by,
        approved_by=row.approved_by,
        decided_at=row.decided_at,
        reason=row.reason,
        grounds=tuple(row.grounds),
        submitted_event=row.submitted_event,
        decided_event=row.decided_event,
        list_number=row.entitlement_list.number if row.entitlement_list else "",
    )


def claims_by_id(*, actor: Actor, claim_ids: Collection[int]) -> dict[int, ClaimSummary]:
    """Those of some claims that the actor may see; none for who may see none. One query."""
    if not claim_ids or not (actor.may(OWN) or actor.may(VIEW)):
        return {}
    return {row.pk: _summary(row) for row in _rows(actor).filter(pk__in=list(claim_ids))}


def newest_claims(*, actor: Actor, party_ids: Collection[int], limit: int = 20) -> tuple[ClaimSummary, ...]:
    """The newest claims of some enterprises that the actor may see; none for who may see none. Two queries."""
    if not party_ids or not (actor.may(OWN) or actor.may(VIEW)):
        return ()
    rows = _rows(actor).filter(party__in=list(entries_of_each(party_ids)))
    return tuple(_summary(row) for row in rows.order_by("-pk")[:limit])


def accounts(*, actor: Actor, party_id: int) -> tuple[AccountView, ...]:
    """The accounts of one's own enterprise that can be paid to. Raises PartyNotFound."""
    party_id = own_party(actor, party_id)
    rows = PayeeAccount.objects.filter(party__in=entries_of(party_id), state="usable")
    return tuple(account_view(row) for row in rows)


def material_view(row: ClaimMaterial) -> MaterialView:
    """A material as pages show it."""
    return MaterialView(
        row.pk, row.code, row.name, row.origin, row.document_id, row.promised_until, row.kept, row.said
    )


def account_view(row: PayeeAccount) -> AccountView:
    """An account as pages show it."""
    return AccountView(
        row.pk,
        row.channel,
        row.name,
        row.number_tail,
        row.bank_name,
        row.state,
        row.problem,
        row.standing,
    )


def claim_states() -> dict[str, tuple[str, str, str, bool]]:
    """State → its Chinese name, its English name, how a page colours it, and whether something is still to be done."""
    return {code: (each.name, each.name_en, each.tone, each.open) for code, each in CLAIM.states.items()}


def may_read_material(actor: Actor, identifier: str) -> bool:
    """Who may open a file of a claim: the enterprise, the officials who see it, and experts while they score it."""
    if not identifier.isdigit():
        return False
    if may_score_claim(actor, int(identifier)):
        return True
    if not (actor.may(OWN) or actor.may(VIEW)):
        return False
    return visible(actor).filter(pk=int(identifier)).exists()


def may_read_shared_material(actor: Actor, identifier: str, document_id: int) -> bool:
    """Who may open one file of a claim that was given for others as well, together with it or later: who sees one of
    those, and experts while they score it. Nothing else of the claim whose file it is.
    """
    given = Claim.objects.filter(materials__document_id=document_id)
    if (actor.may(OWN) or actor.may(VIEW)) and visible(actor).filter(pk__in=given).exists():
        return True
    return any(may_score_claim(actor, number) for number in given.values_list("pk", flat=True))


def _rows(actor: Actor) -> QuerySet[Claim]:
    return visible(actor).select_related("party__merged_into", "agency").annotate(stopped=_stopped())


def _stopped() -> Exists:
    """Whether the circuit breaker holds the claim or its item."""
    return Exists(
        Trip.objects.filter(state="open").filter(
            Q(claim=OuterRef("pk")) | Q(item_code=OuterRef("item_code")) & ~Q(item_code="")
        )
    )


def _summary(row: Claim) -> ClaimSummary:
    party = row.enterprise
    return ClaimSummary(
        id=row.pk,
        number=row.number,
        party_id=party.pk,
        party_name=party.name,
        credit_code=party.credit_code or "",
        item_code=row.item_code,
        item_name=row.item_name,
        period=row.period,
        mode=row.mode,
        state=row.state,
        expected_fen=row.expected_fen,
        award_fen=row.award_fen,
        paid_fen=row.paid_fen,
        region_path=row.region_path,
        agency_name=row.agency.name,
        submitted_at=row.submitted_at,
        created_at=row.created_at,
        ended_at=row.ended_at,
        stopped=bool(getattr(row, "stopped", False)),
        bundle=row.bundle,
    )


def _instalment(row: Instalment, order: PaymentOrder | None) -> InstalmentView:
    return InstalmentView(
        number=row.number,
        text=row.text,
        amount_fen=row.amount_fen,
        state=row.state,
        condition=row.condition,
        order_state=order.state if order else "",
        paid_on=order.paid_on if order else None,
        reference=order.bank_reference if order else "",
        problem=order.reason if order else "",
        found=row.found,
        lacking=tuple(row.lacking),
        reason=row.reason,
    )
