"""How claims for items are dealt with, as the pages that set it show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from yingshang.areas.policies.api import published_items
from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import agencies
from yingshang.kernel.reference.api import code_of_path, find_region

from ..actions._steps import PLATFORM
from ..actions.set_terms import Terms
from ..claim_forms import forms_for_claims
from ..models import Fund, ItemTerms
from ..reach import VIEW, ensure_region

MOST_AGENCIES = 500


@dataclass(frozen=True, slots=True)
class TermsSummary:
    """The terms of one item as lists show them. `name` is the code where no version is in force."""

    code: str
    name: str
    mode: str
    agency_name: str
    fund_name: str
    period: str
    region_path: str
    changed_at: datetime
    changed_by_name: str


@dataclass(frozen=True, slots=True)
class TermsForItem:
    """What is set for an item, and what can be chosen: `funds` of its region and above. `terms` None: nothing yet."""

    code: str
    name: str
    issuer: str
    region_path: str
    benefit_text: str
    terms: Terms | None
    revision: int
    changed_at: datetime | None
    changed_by_name: str
    funds: tuple[tuple[int, str], ...]
    agencies: tuple[tuple[int, str], ...]
    forms: tuple[tuple[str, str], ...] = ()


def item_terms(*, actor: Actor, day: date) -> tuple[TermsSummary, ...]:
    """The terms within the actor's reach, by code. Three queries. Needs `claims.view`."""
    rows = actor.require(VIEW).filter(ItemTerms.objects.all(), region="region_path")
    found = list(rows.select_related("agency", "fund").order_by("item_code"))
    names = {each.code: each.name for each in published_items(day=day, codes=[r.item_code for r in found])}
    return tuple(
        TermsSummary(
            row.item_code,
            names.get(row.item_code, row.item_code),
            row.mode,
            row.agency.name,
            row.fund.name,
            row.period,
            row.region_path,
            row.changed_at,
            row.changed_by_name,
        )
        for row in found
    )


def items_without_terms(*, actor: Actor, day: date) -> tuple[tuple[str, str], ...]:
    """(code, name) of items in force within the actor's reach for which nothing is set. Needs `claims.set_terms`."""
    scope = actor.require("claims.set_terms")
    known = set(ItemTerms.objects.values_list("item_code", flat=True))
    return tuple(
        (each.code, each.name)
        for each in published_items(day=day)
        if each.code not in known and scope.covers("subtree", agency_id=0, region_path=each.region_path)
    )


def terms_of_item(*, actor: Actor, code: str, day: date) -> TermsForItem | None:
    """What is set for an item in force; None where it is not. Needs `claims.set_terms` for its region."""
    scope = actor.require("claims.set_terms")
    item = next(iter(published_items(day=day, codes=[code])), None)
    if item is None:
        return None
    ensure_region(scope, item.region_path)
    row = ItemTerms.objects.filter(item_code=code).first()
    above = [item.region_path[:length] for length in range(0, len(item.region_path) + 1)]
    funds = Fund.objects.filter(Q(region_path__in=above) | Q(region_path__startswith=item.region_path))
    return TermsForItem(
        code=item.code,
        name=item.name,
        issuer=item.issuer,
        region_path=item.region_path,
        benefit_text=item.benefit_text,
        terms=_terms(row) if row else None,
        revision=row.revision if row else 0,
        changed_at=row.changed_at if row else None,
        changed_by_name=row.changed_by_name if row else "",
        funds=tuple(funds.order_by("code").values_list("pk", "name")),
        agencies=_agencies(item.region_path),
        forms=forms_for_claims(),
    )


def _agencies(region_path: str) -> tuple[tuple[int, str], ...]:
    """Who may carry an item out: the agencies of its region and below. Their names are no secret."""
    place = find_region(code_of_path(region_path))
    found = agencies(
        actor=PLATFORM, region=place.code if place else None, active_only=True, per_page=MOST_AGENCIES
    )
    return tuple((each.id, each.name) for each in found.rows)


def _terms(row: ItemTerms) -> Terms:
    lines: Mapping[str, Any] = row.lines
    return Terms(
        agency_id=row.agency_id,
        mode=row.mode,
        fund_id=row.fund_id,
        period=row.period,
        publicity_working_days=row.publicity_working_days,
        consent_working_days=row.consent_working_days,
        needs_representative=row.needs_representative,
        separate=tuple(row.separate),
        reviews=tuple(row.reviews),
        joint_agencies=tuple(row.joint_agencies),
        materials=tuple(row.materials),
        lines=lines,
        form_code=row.form_code,
        sample_percent=row.sample_percent,
        ranking_by=row.ranking_by,
        results=tuple(row.results),
        scoring=row.scoring,
        field_check=row.field_check,
        promise_check_percent=row.promise_check_percent,
        reconsider_agency_id=row.reconsider_agency_id,
        source=row.source,
    )
