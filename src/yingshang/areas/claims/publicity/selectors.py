"""Reads of public lists: what everybody sees, what officials work with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet, Sum

from yingshang.kernel.access.api import Actor

from ..errors import ObjectionNotFound
from ..lifecycle import PUBLICITY
from ..models import Claim, ItemTerms, Publicity, PublicityEntry, PublicityObjection
from ..reach import VIEW
from .steps import no_publicity


@dataclass(frozen=True, slots=True)
class PublicitySummary:
    """A public list. Money in fen; `derivation` says how its last day was counted."""

    id: int
    number: str
    item_code: str
    item_name: str
    agency_name: str
    region_path: str
    working_days: int
    state: str
    entries: int
    amount_fen: int
    published_at: datetime | None
    closes_on: date | None
    derivation: str
    derivation_en: str
    contact: str
    published_by_name: str


@dataclass(frozen=True, slots=True)
class PublicityPage:
    """Some public lists, and how many there are in all."""

    rows: tuple[PublicitySummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PublicAward:
    """One award as everybody reads it. `standing`: before the public, objected to, taken off, or through."""

    id: int
    publicity_id: int
    name: str
    credit_code: str
    region_name: str
    amount_fen: int
    standing: str


@dataclass(frozen=True, slots=True)
class PublicAwardPage:
    """Some awards of a list, and how many there are in all."""

    rows: tuple[PublicAward, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection as officials see it: who it was is masked."""

    id: int
    number: str
    publicity_id: int
    publicity_number: str
    claim_id: int
    claim_number: str
    claim_state: str
    item_name: str
    enterprise: str
    shown_name: str
    has_contact: bool
    text: str
    given_at: datetime
    state: str
    decision: str
    decided_at: datetime | None
    decided_by_name: str
    closes_on: date | None


@dataclass(frozen=True, slots=True)
class ObjectionPage:
    """Some objections, and how many there are in all."""

    rows: tuple[ObjectionView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Unpublished:
    """Approved awards of one item that wait to be put before the public."""

    item_code: str
    item_name: str
    claims: int
    amount_fen: int
    working_days: int


_STANDING = {"publicity": "open", "objected": "objected", "refused": "taken_off", "withdrawn": "taken_off"}


def publicities(
    *, text: str = "", state: str = "", before: int | None = None, offset: int = 0, limit: int = 50
) -> PublicityPage:
    """The public lists, those one can object to first; with `before` the newest before a number.

    Everybody may see them.
    """
    rows = Publicity.objects.exclude(state="preparing")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if state:
        rows = rows.filter(state=state)
    rows = _searched(rows, text)
    # "open" comes after "closed" in the alphabet, and first on the page.
    order = ("-state", "-pk") if before is None else ("-pk",)
    found = rows.order_by(*order)[offset : offset + limit]
    return PublicityPage(tuple(_summary(row) for row in found), rows.count())


def get_publicity(*, publicity_id: int) -> PublicitySummary:
    """One public list. Everybody may see it. Raises PublicityNotFound."""
    row = Publicity.objects.exclude(state="preparing").filter(pk=publicity_id).first()
    if row is None:
        raise no_publicity(publicity_id)
    return _summary(row)


def public_awards(
    *, publicity_id: int, text: str = "", after: int = 0, offset: int = 0, limit: int = 50
) -> PublicAwardPage:
    """The awards of a public list, in its order. Everybody may see them. Raises PublicityNotFound."""
    kept = get_publicity(publicity_id=publicity_id)
    rows = PublicityEntry.objects.filter(publicity=publicity_id, pk__gt=after)
    words = text.split()
    for word in words:
        rows = rows.filter(Q(name__icontains=word) | Q(credit_code__istartswith=word))
    total = rows.count() if words else kept.entries
    page = list(rows.order_by("pk").values_list("pk", flat=True)[offset : offset + limit])
    found = PublicityEntry.objects.filter(pk__in=page).select_related("claim").order_by("pk")
    return PublicAwardPage(tuple(_award(row) for row in found.defer("claim__facts")), total)


def get_public_award(*, entry_id: int) -> PublicAward:
    """One award of a public list. Everybody may see it. Raises PublicityNotFound."""
    rows = PublicityEntry.objects.exclude(publicity__state="preparing").select_related("claim")
    row = rows.filter(pk=entry_id).first()
    if row is None:
        raise no_publicity(entry_id)
    return _award(row)


def publicities_on_desk(
    *, actor: Actor, text: str = "", state: str = "", offset: int = 0, limit: int = 50
) -> PublicityPage:
    """The lists within the actor's reach, those being prepared too. Needs `claims.view`."""
    rows = actor.require(VIEW).filter(Publicity.objects.all(), region="region_path")
    if state:
        rows = rows.filter(state=state)
    rows = _searched(rows, text)
    return PublicityPage(tuple(_summary(row) for row in rows[offset : offset + limit]), rows.count())


def unpublished(*, actor: Actor) -> tuple[Unpublished, ...]:
    """What waits to be put before the public, by item. Needs `claims.review`."""
    scope = actor.require("claims.review")
    terms = dict(
        scope.filter(
            ItemTerms.objects.filter(publicity_working_days__gt=0), region="region_path"
        ).values_list("item_code", "publicity_working_days")
    )
    rows = (
        Claim.objects.filter(state="approved", item_code__in=list(terms))
        .values("item_code", "item_name")
        .annotate(count=Count("pk"), fen=Sum("award_fen"))
        .order_by("item_code")
    )
    return tuple(
        Unpublished(
            row["item_code"],
            row["item_name"],
            row["count"],
            int(row["fen"] or 0),
            terms[row["item_code"]],
        )
        for row in rows
    )


def publicity_objections(
    *, actor: Actor, state: str = "", claim_id: int | None = None, offset: int = 0, limit: int = 50
) -> ObjectionPage:
    """Objections within the actor's reach, those that wait first. Needs `claims.review`."""
    rows = _objections(actor)
    if state:
        rows = rows.filter(state=state)
    if claim_id is not None:
        rows = rows.filter(claim=claim_id)
    # "open" lies before "rejected" and "upheld" in the alphabet.
    found = rows.order_by("state", "-pk")[offset : offset + limit]
    return ObjectionPage(tuple(_objection(row) for row in found), rows.count())


def get_publicity_objection(*, actor: Actor, objection_id: int) -> ObjectionView:
    """One objection within the actor's reach. Raises ObjectionNotFound."""
    row = _objections(actor).filter(pk=objection_id).first()
    if row is None:
        raise ObjectionNotFound(
            f"no objection {objection_id}",
            message_zh="没有这项异议，或者您不能查看",
            value=objection_id,
        )
    return _objection(row)


def publicity_states() -> dict[str, tuple[str, str, str]]:
    """State of a public list → what it is called in Chinese and English, and how a page colours it."""
    return {code: (each.name, each.name_en, each.tone) for code, each in PUBLICITY.states.items()}


def _searched(rows: QuerySet[Publicity], text: str) -> QuerySet[Publicity]:
    for word in text.split():
        rows = rows.filter(
            Q(item_name__icontains=word) | Q(number__icontains=word) | Q(agency_name__icontains=word)
        )
    return rows


def _objections(actor: Actor) -> QuerySet[PublicityObjection]:
    scope = actor.require("claims.review")
    rows = PublicityObjection.objects.select_related("claim__party__merged_into", "entry__publicity")
    return scope.filter(rows, region="claim__region_path")


def _award(row: PublicityEntry) -> PublicAward:
    return PublicAward(
        row.pk,
        row.publicity_id,
        row.name,
        row.credit_code,
        row.region_name,
        row.amount_fen,
        _STANDING.get(row.claim.state, "through"),
    )


def _objection(row: PublicityObjection) -> ObjectionView:
    return ObjectionView(
        row.pk,
        row.number,
        row.entry.publicity_id,
        row.entry.publicity.number,
        row.claim_id,
        row.claim.number,
        row.claim.state,
        row.claim.item_name,
        row.claim.enterprise.name,
        row.shown_name,
        bool(row.contact),
        row.text,
        row.given_at,
        row.state,
        row.decision,
        row.decided_at,
        row.decided_by_name,
        row.entry.publicity.closes_on,
    )


def _summary(row: Publicity) -> PublicitySummary:
    return PublicitySummary(
        row.pk,
        row.number,
        row.item_code,
        row.item_name,
        row.agency_name,
        row.region_path,
        row.working_days,
        row.state,
        row.entries_count,
        row.amount_fen,
        row.published_at,
        row.closes_on,
        row.derivation,
        row.derivation_en,
        row.contact,
        row.published_by_name,
    )
