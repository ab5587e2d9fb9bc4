"""Several items in one go as their page shows them: what can be chosen, and the union of what is missing, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from yingshang.areas.policies.api import decide_for
from yingshang.kernel.access.api import Actor, entries_of

from .actions.bundles import MODES
from .appointments.selectors import WindowChoice, windows_of_claim
from .drafts import Draft, MaterialAsked, Prefill, draft_of
from .errors import BundleNotFound
from .models import Claim, ItemTerms, ServiceWindow
from .models.claims import ENDED_WITHOUT
from .periods import period_of
from .reach import OWN, own_party, visible
from .selectors import claims
from .values import ClaimSummary, MaterialView


@dataclass(frozen=True, slots=True)
class BundleChoice:
    """An item an enterprise is, or may be, entitled to. `single`: it is applied for by itself."""

    code: str
    name: str
    agency_name: str
    mode: str
    outcome: str
    amount_fen: int | None
    closes_on: date | None
    draft: bool
    single: bool


@dataclass(frozen=True, slots=True)
class BundleMaterial:
    """A material several drafts ask for, given once. `complete`: each of them has it; `required`: one of them cannot be
    handed in without it; `original`: it is brought to a window, whether it is uploaded or not.
    """

    name: str
    items: tuple[str, ...]
    required: bool
    commitment: bool
    complete: bool
    original: bool
    have: tuple[MaterialView, ...]
    asked: MaterialAsked


@dataclass(frozen=True, slots=True)
class BundleVisit:
    """One visit to an agency for all of its items that need one: what is brought, and when somebody can come."""

    agency_id: int
    agency_name: str
    items: tuple[str, ...]
    bring: tuple[str, ...]
    windows: tuple[WindowChoice, ...]


@dataclass(frozen=True, slots=True)
class BundleDraft:
    """Drafts that share a number, and what they take together. Amounts in fen; None while one is not certain."""

    number: str
    party_id: int
    drafts: tuple[Draft, ...]
    materials: tuple[BundleMaterial, ...]
    visits: tuple[BundleVisit, ...]
    expected_fen: int | None
    prefill: Prefill
    needs_representative: bool
    confirmed: bool


def bundle_choices(*, actor: Actor, party_id: int, now: datetime) -> tuple[BundleChoice, ...]:
    """What an enterprise can apply for now, by name; what it has applied for this period is left out.

    Raises PartyNotFound.
    """
    party_id = own_party(actor, party_id)
    day = timezone.localdate(now)
    terms = {row.item_code: row for row in ItemTerms.objects.select_related("agency")}
    taken = {
        (code, period): state
        for code, period, state in Claim.objects.filter(party__in=entries_of(party_id))
        .exclude(state__in=ENDED_WITHOUT)
        .values_list("item_code", "period", "state")
    }
    open_at = set(ServiceWindow.objects.filter(active=True).values_list("agency_id", flat=True))
    found = []
    for decided in decide_for(actor=actor, party_id=party_id, day=day):
        row = terms.get(decided.code)
        if row is None or row.mode == "automatic" or decided.window_open is False:
            continue
        if decided.outcome not in {"entitled", "undecided"}:
            continue
        state = taken.get((decided.code, period_of(row.period, day, decided.item.windows)))
        if state not in {None, "draft"}:
            continue
        found.append(
            BundleChoice(
                code=decided.code,
                name=decided.name,
                agency_name=row.agency.name,
                mode=row.mode,
                outcome=decided.outcome,
                amount_fen=decided.certain_fen if decided.exact else None,
                closes_on=decided.closes_on,
                draft=state == "draft",
                single=row.mode not in MODES
                or (row.mode == "instant" and not (decided.outcome == "entitled" and decided.exact))
                or (row.mode == "once" and row.agency_id not in open_at),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.single, each.name)))


def bundle_draft(*, actor: Actor, number: str, now: datetime) -> BundleDraft:
    """The drafts of a number, each decided with the facts of today. Raises BundleNotFound."""
    actor.require(OWN)
    rows = visible(actor).filter(bundle=number, state="draft").exclude(bundle="").order_by("pk")
    drafts = tuple(draft_of(actor=actor, claim_id=pk, now=now) for pk in rows.values_list("pk", flat=True))
    if not drafts:
        raise BundleNotFound(
            f"no drafts {number}", message_zh="没有这组一并办理的草稿，可能已经提交", value=number
        )
    amounts = [each.expected_fen for each in drafts]
    needing = [each for each in drafts if each.needs_representative]
    return BundleDraft(
        number=number,
        party_id=drafts[0].claim.summary.party_id,
        drafts=drafts,
        materials=_union(drafts),
        visits=_visits(actor, drafts, now),
        expected_fen=None if None in amounts else sum(each or 0 for each in amounts),
        prefill=Prefill(
            sum(each.prefill.known for each in drafts), sum(each.prefill.fields for each in drafts)
        ),
        needs_representative=bool(needing),
        confirmed=all(each.confirmed_at is not None for each in needing),
    )


def bundled_with(*, actor: Actor, claim_id: int) -> tuple[ClaimSummary, ...]:
    """The claims that were handed in, or are being filled in, together with one, itself among them; by number."""
    number = visible(actor).filter(pk=claim_id).values_list("bundle", flat=True).first()
    if not number:
        return ()
    return tuple(reversed(claims(actor=actor, bundle=number, limit=50).rows))


def _union(drafts: tuple[Draft, ...]) -> tuple[BundleMaterial, ...]:
    """Materials by name: what has one name is one paper."""
    asked: dict[str, list[tuple[Draft, MaterialAsked]]] = {}
    for draft in drafts:
        for each in draft.materials:
            asked.setdefault(each.name, []).append((draft, each))
    return tuple(
        BundleMaterial(
            name=name,
            items=tuple(draft.claim.summary.item_name for draft, _ in found),
            required=any(each.required and draft.claim.summary.mode != "once" for draft, each in found),
            commitment=all(each.commitment for _, each in found),
            complete=all(each.have for _, each in found),
            original=any(draft.claim.summary.mode == "once" for draft, _ in found),
            have=next((each.have for _, each in found if each.have), ()),
            asked=found[0][1],
        )
        for name, found in asked.items()
    )


def _visits(actor: Actor, drafts: tuple[Draft, ...], now: datetime) -> tuple[BundleVisit, ...]:
    """The visits of the drafts, one for each agency whose items need one."""
    coming: dict[int, list[Draft]] = {}
    agencies = dict(
        Claim.objects.filter(pk__in=[each.claim.summary.id for each in drafts], mode="once")
        .order_by("agency_id", "pk")
        .values_list("pk", "agency_id")
    )
    for draft in drafts:
        agency = agencies.get(draft.claim.summary.id)
        if agency is not None:
            coming.setdefault(agency, []).append(draft)
    return tuple(
        BundleVisit(
            agency_id=agency,
            agency_name=found[0].claim.summary.agency_name,
            items=tuple(each.claim.summary.item_name for each in found),
            bring=tuple(dict.fromkeys(asked.name for each in found for asked in each.materials)),
            windows=windows_of_claim(actor=actor, claim_id=found[0].claim.summary.id, now=now),
        )
        for agency, found in sorted(coming.items())
    )
