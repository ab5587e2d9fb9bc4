"""Reads of lists and offers: an agency's lists, an enterprise's own offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from yingshang.areas.policies.api import listable, published_items
from yingshang.kernel.access.api import Actor, entries_of
from yingshang.kernel.parties.api import parties_after

from ..lifecycle import LIST
from ..models import Claim, EntitlementList, ItemTerms, ListOmission, OfferRemark
from ..periods import period_of
from ..reach import VIEW, not_found, own_party
from ..selectors import account_view
from ..values import AccountView
from .lists import answer_by, no_list
from .parameters import list_rules

LARGE = 20_000
"""Longer lists are looked at in ways that do not read all of them for every page."""
COUNTED_FOR_SECONDS = 20
COUNTING_ONCE_IN = 200
"""Counting half a million beside who changes them takes near half a second: it is no more than this part of the
time.
"""
FOUND_AT_MOST = 200

_COUNTED: dict[tuple[int, str], tuple[float, dict[str, int]]] = {}
"""List and its state → until when what was counted is told, and what that was."""


@dataclass(frozen=True, slots=True)
class ListSummary:
    """A list of the automatic mode as lists show it. Money in fen."""

    id: int
    number: str
    item_code: str
    item_name: str
    version: int
    period: str
    region_path: str
    day: date
    state: str
    total: int
    amount_fen: int
    offered: int
    offered_fen: int
    waiting: int
    confirm_by: date | None
    made_at: datetime
    made_by_name: str
    approved_at: datetime | None
    approved_by_name: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some lists, and how many there are in all."""

    rows: tuple[ListSummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ListDetail:
    """A list with what became of those on it: `states` and `left_out` count them by state and by reason."""

    summary: ListSummary
    digest: str
    made_by: str
    states: dict[str, int]
    left_out: dict[str, int]
    remarks: int
    job_id: int | None
    frozen_event: int | None


@dataclass(frozen=True, slots=True)
class ListedClaim:
    """One enterprise on a list. `standing`: an account it has allowed to be paid to was found."""

    id: int
    number: str
    party_id: int
    name: str
    credit_code: str
    state: str
    expected_fen: int | None
    award_fen: int | None
    standing: bool
    remark: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ListedPage:
    """Some enterprises of a list, and how many there are in all."""

    rows: tuple[ListedClaim, ...]
    total: int


@dataclass(frozen=True, slots=True)
class OmittedParty:
    """An enterprise that was matched and is not on the list."""

    party_id: int
    name: str
    credit_code: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class OmittedPage:
    """Some of them, and how many there are in all."""

    rows: tuple[OmittedParty, ...]
    total: int


@dataclass(frozen=True, slots=True)
class RemarkView:
    """What an enterprise says is wrong, and the answer."""

    id: int
    claim_id: int
    claim_number: str
    claim_state: str
    enterprise: str
    text: str
    given_at: datetime
    given_by_name: str
    state: str
    answer: str
    answered_at: datetime | None
    answered_by_name: str


@dataclass(frozen=True, slots=True)
class ListableItem:
    """An item whose list of this period is not drawn up yet, with how many are matched."""

    code: str
    name: str
    period: str
    matched: int
    matched_on: date | None


@dataclass(frozen=True, slots=True)
class OfferView:
    """What an enterprise is offered without having asked. `answerable`: it can still say yes or no."""

    claim_id: int
    number: str
    party_id: int
    enterprise: str
    item_code: str
    item_name: str
    period: str
    version: int
    state: str
    amount_fen: int
    confirm_by: date | None
    answerable: bool
    account: AccountView | None
    facts: tuple[tuple[str, Any, str, str], ...]
    remarks: tuple[RemarkView, ...]
    day: date | None
    list_number: str


def lists(
    *,
    actor: Actor,
    text: str = "",
    state: str = "",
    before: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> ListPage:
    """The lists within the actor's reach, newest first; with `before` those before a number. Needs `claims.view`."""
    rows = _lists(actor)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if state:
        rows = rows.filter(state=state)
    for word in text.split():
        rows = rows.filter(
            Q(item_name__icontains=word) | Q(item_code__icontains=word) | Q(number__icontains=word)
        )
    return ListPage(tuple(_summary(row) for row in rows[offset : offset + limit]), rows.count())


def get_list(*, actor: Actor, list_id: int) -> ListDetail:
    """One list within the actor's reach. Raises ListNotFound."""
    row = _list(actor, list_id)
    return ListDetail(
        summary=_summary(row),
        digest=row.digest,
        made_by=row.made_by,
        states=_counted(row),
        left_out={code: row.left_out[code] for code in list_rules().omissions if row.left_out.get(code)},
        remarks=OfferRemark.objects.filter(claim__entitlement_list=row, state="open").count(),
        job_id=row.job_id,
        frozen_event=row.frozen_event,
    )


def listed_claims(
    *,
    actor: Actor,
    list_id: int,
    text: str = "",
    state: str = "",
    after: int = 0,
    offset: int = 0,
    limit: int = 50,
) -> ListedPage:
    """The enterprises of a list, in the order of their numbers. Raises ListNotFound.

    `text` is a name, or the beginning of a credit code or of the claim's number.
    """
    row = _list(actor, list_id)
    rows = Claim.objects.filter(entitlement_list=row, **({"pk__gt": after} if after else {}))
    if state:
        rows = rows.filter(state=state)
    if text.split() and row.total > LARGE and actor.may("parties.view"):
        # The register finds names by its own index; of so many here each one would have to be read.
        known = parties_after(actor=actor, text=text, limit=FOUND_AT_MOST)
        rows = rows.filter(Q(party__in=[each.id for each in known]) | Q(number=text.strip()))
    else:
        for word in text.split():
            rows = rows.filter(
                Q(party__name__icontains=word)
                | Q(party__credit_code__istartswith=word)
                | Q(number__istartswith=word)
            )
    # Counting half a million takes longer than finding twenty of them: what is known is not counted again.
    counts = {} if text.split() else _counted(row)
    total = rows.count() if text.split() else counts.get(state, 0) if state else sum(counts.values())
    wrong = OfferRemark.objects.filter(claim=OuterRef("pk"), state="open")
    # The page is found by numbers alone, and only then looked at with the enterprises.
    page = _page(rows, offset, limit, total)
    found = (
        Claim.objects.filter(pk__in=page)
        .select_related("party__merged_into")
        .defer("facts")
        .annotate(wrong=Exists(wrong))
        .order_by("pk")
    )
    return ListedPage(
        tuple(
            ListedClaim(
                each.pk,
                each.number,
                each.enterprise.pk,
                each.enterprise.name,
                each.enterprise.credit_code or "",
                each.state,
                each.expected_fen,
                each.award_fen,
                each.account_id is not None,
                each.wrong,
                each.reason,
            )
            for each in found
        ),
        total,
    )


def _page(rows: QuerySet[Claim], offset: int, limit: int, total: int) -> list[int]:
    """The numbers of a page. What is nearer to the end is counted from there: no page reads more than half a list."""
    numbers = rows.values_list("pk", flat=True)
    if offset <= max(LARGE, total // 2):
        return list(numbers.order_by("pk")[offset : offset + limit])
    end = max(0, total - offset)
    return list(numbers.order_by("-pk")[max(0, end - limit) : end])[::-1]


def omitted_parties(
    *, actor: Actor, list_id: int, reason: str = "", offset: int = 0, limit: int = 50
) -> OmittedPage:
    """Who was matched and is not on a list. Raises ListNotFound."""
    row = _list(actor, list_id)
    rows = ListOmission.objects.filter(entitlement_list=row)
    if reason:
        rows = rows.filter(reason=reason)
    known = row.left_out.get(reason, 0) if reason else sum(row.left_out.values())
    found = rows.select_related("party").order_by("reason", "pk")[offset : offset + limit]
    return OmittedPage(
        tuple(
            OmittedParty(
                each.party_id, each.party.name, each.party.credit_code or "", each.reason, each.detail
            )
            for each in found
        ),
        known,
    )


def remarks_of_list(*, actor: Actor, list_id: int) -> tuple[RemarkView, ...]:
    """What enterprises of a list say is wrong, those that wait for an answer first. Raises ListNotFound."""
    row = _list(actor, list_id)
    rows = OfferRemark.objects.filter(claim__entitlement_list=row).select_related("claim__party__merged_into")
    found = sorted(rows.order_by("-pk")[:200], key=lambda each: each.state != "open")
    return tuple(_remark(each) for each in found)


def items_to_list(*, actor: Actor, day: date) -> tuple[ListableItem, ...]:
    """Items of the automatic mode within the actor's reach that have no list for this period. Needs `claims.review`."""
    scope = actor.require("claims.review")
    rows = scope.filter(ItemTerms.objects.filter(mode="automatic"), region="region_path")
    terms = {each.item_code: each for each in rows.order_by("item_code")}
    items = {each.code: each for each in published_items(day=day, codes=list(terms))}
    found = []
    for code, item in items.items():
        period = period_of(terms[code].period, day, item.windows)
        there = EntitlementList.objects.filter(item_code=code, period=period)
        if there.exclude(state="discarded").exists():
            continue
        stored = listable(version_id=item.version_id, day=day)
        if stored.pays:
            found.append(ListableItem(code, item.name, period, stored.entitled, stored.matched_on))
    return tuple(found)


def offers_of(*, actor: Actor, party_id: int, today: date) -> tuple[OfferView, ...]:
    """What an enterprise of one's own is offered, or was; what can be answered first. Raises PartyNotFound."""
    party_id = own_party(actor, party_id)
    rows = _offers().filter(party__in=entries_of(party_id)).order_by("-pk")[:100]
    views = [_offer(row, today) for row in rows]
    return tuple(sorted(views, key=lambda each: (not each.answerable, -each.claim_id)))


def get_offer(*, actor: Actor, claim_id: int, today: date) -> OfferView:
    """One offer of one's own enterprise. Raises ClaimNotFound."""
    scope = actor.require("claims.apply_own")
    row = scope.filter(_offers(), party="party").filter(pk=claim_id).first()
    if row is None:
        raise not_found(claim_id)
    return _offer(row, today)


def omission_words() -> dict[str, tuple[str, str]]:
    """Reason of an omission → what it is called in Chinese and English."""
    return list_rules().omissions


def list_states() -> dict[str, tuple[str, str, str]]:
    """State of a list → what it is called in Chinese and English, and how a page colours it."""
    return {code: (each.name, each.name_en, each.tone) for code, each in LIST.states.items()}


def _counted(row: EntitlementList) -> dict[str, int]:
    """State → how many of a list; of a long one in the same state what was counted last, for as long as makes
    counting a small part of all looks, however long it takes.
    """
    kept = _COUNTED.get((row.pk, row.state))
    began = monotonic()
    if kept is not None and row.total > LARGE and began < kept[0]:
        return kept[1]
    states = Claim.objects.filter(entitlement_list=row).order_by("state").values_list("state")
    found = dict(states.annotate(count=Count("pk")))
    if row.total > LARGE:
        now = monotonic()
        _COUNTED[row.pk, row.state] = (
            now + max(COUNTED_FOR_SECONDS, (now - began) * COUNTING_ONCE_IN),
            found,
        )
    return found


def _lists(actor: Actor) -> QuerySet[EntitlementList]:
    return actor.require(VIEW).filter(EntitlementList.objects.all(), region="region_path")


def _list(actor: Actor, list_id: int) -> EntitlementList:
    row = _lists(actor).filter(pk=list_id).first()
    if row is None:
        raise no_list(list_id)
    return row


def _offers() -> QuerySet[Claim]:
    return (
        Claim.objects.filter(entitlement_list__state="approved")
        .exclude(state="listed")
        .select_related("party__merged_into", "entitlement_list", "account")
    )


def _offer(row: Claim, today: date) -> OfferView:
    kept = row.entitlement_list
    said = list(row.remarks.select_related("claim__party__merged_into"))
    until = answer_by(row, said)
    remarks = tuple(_remark(each) for each in said)
    waits = any(each.state == "open" for each in remarks)
    return OfferView(
        claim_id=row.pk,
        number=row.number,
        party_id=row.enterprise.pk,
        enterprise=row.enterprise.name,
        item_code=row.item_code,
        item_name=row.item_name,
        period=row.period,
        version=row.version,
        state=row.state,
        amount_fen=row.award_fen or row.expected_fen or 0,
        confirm_by=until,
        answerable=row.state == "offered" and (until is None or today <= until or waits),
        account=account_view(row.account) if row.account and row.account.state == "usable" else None,
        facts=tuple(
            (column, each.get("value"), each.get("source", ""), each.get("as_of") or "")
            for column, each in sorted(row.facts.items())
        ),
        remarks=remarks,
        day=kept.day if kept else None,
        list_number=kept.number if kept else "",
    )


def _remark(row: OfferRemark) -> RemarkView:
    return RemarkView(
        row.pk,
        row.claim_id,
        row.claim.number,
        row.claim.state,
        row.claim.enterprise.name,
        row.text,
        row.given_at,
        row.given_by_name,
        row.state,
        row.answer,
        row.answered_at,
        row.answered_by_name,
    )


def _summary(row: EntitlementList) -> ListSummary:
    return ListSummary(
        row.pk,
        row.number,
        row.item_code,
        row.item_name,
        row.version,
        row.period,
        row.region_path,
        row.day,
        row.state,
        row.total,
        row.amount_fen,
        row.offered_count,
        row.offered_fen,
        row.waiting,
        row.confirm_by,
        row.made_at,
        row.made_by_name,
        row.approved_at,
        row.approved_by_name,
    )
