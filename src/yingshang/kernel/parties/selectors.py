"""Reading the register: parties, regions, agencies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from math import ceil
from typing import Any, Literal

from django.db.models import Case, Count, F, IntegerField, Max, Q, QuerySet, Value, When
from django.db.models.functions import Length

from yingshang.kernel.access.api import Actor, mask
from yingshang.kernel.reference.api import (
    COUNTRY,
    children_of,
    find_industry,
    find_region,
    get_region,
    industries,
    industry_is_within,
)

from .conditions import FactCondition, with_facts
from .errors import AgencyNotFound
from .models import Agency, Party, Region
from .names import search_query
from .scope import VIEW, visible, visible_party
from .values import (
    AgencyPage,
    AgencyRow,
    Contact,
    PartyDetail,
    PartyPage,
    PartySummary,
    PartyTraits,
    RegionCount,
    RegionRow,
    masked_email,
)

SILENT_AFTER = timedelta(days=365)
"""A party nobody has told anything of for so long counts as stale in the figures of its region."""

_ORDERS = {
    "name": "name",
    "credit_code": "credit_code",
    "region_name": "region__path",
    "region_full_name": "region__path",
    "region": "region__path",
    "industry_name": "industry",
    "industry": "industry",
    "size": "size",
    "status": "status",
    "established_on": "established_on",
    "id": "pk",
}

# --- parties ----------------------------------------------------------------------------------------------------------


def search_parties(
    *,
    actor: Actor,
    text: str = "",
    region: str | None = None,
    industry: str | None = None,
    size: str | None = None,
    status: str | None = None,
    established_since: date | None = None,
    established_until: date | None = None,
    kind: str = "enterprise",
    order: str = "name",
    page: int = 1,
    per_page: int = 20,
) -> PartyPage:
    """The parties an actor may see, as a page.

    `text` is a piece of the name, pinyin initials or the beginning of a credit code, or several with blanks between;
    then the best hits come first unless `order` names a column other than `name`. `region` takes in what lies below
    it, `industry` likewise. A minus sign before `order` turns it round. Two queries.
    """
    text = text.strip()
    rows = _filtered(actor, text, region, industry, size, status, kind)
    if established_since:
        rows = rows.filter(established_on__gte=established_since)
    if established_until:
        rows = rows.filter(established_on__lte=established_until)
    total = rows.count()
    pages = max(1, ceil(total / per_page))
    page = min(max(page, 1), pages)
    ordered = _best_first(rows, text) if text and order in ("name", "") else _ordered(rows, order)
    found = ordered.select_related("region")[(page - 1) * per_page : page * per_page]
    return PartyPage(tuple(summary_of_party(party) for party in found), total, page, pages)


def parties_after(
    *,
    actor: Actor,
    after_id: int = 0,
    limit: int = 50,
    text: str = "",
    region: str | None = None,
    industry: str | None = None,
    size: str | None = None,
    status: str | None = None,
    kind: str = "enterprise",
    facts: Sequence[FactCondition] = (),
    also: str = "",
    among: Collection[int] | None = None,
) -> tuple[PartySummary, ...]:
    """The next parties an actor may see after one, by number, with the filters of `search_parties`. One query.

    `facts` are conditions that all have to hold; what is unknown of a party does not hold. `also` is a permission that
    has to reach the party besides the one to see it; `among` are numbers that it has to be one of.

    For reading a whole register through: nothing is counted, and parties added meanwhile shift nothing.
    """
    rows = _filtered(actor, text.strip(), region, industry, size, status, kind).filter(pk__gt=after_id)
    rows = _among(with_facts(rows.filter(_reached(actor, also)), facts), among)
    return tuple(summary_of_party(party) for party in rows.select_related("region").order_by("pk")[:limit])


def count_parties(
    *,
    actor: Actor,
    region: str | None = None,
    industry: str | None = None,
    size: str | None = None,
    status: str | None = None,
    kind: str = "enterprise",
    facts: Sequence[FactCondition] = (),
    also: str = "",
    among: Collection[int] | None = None,
) -> int:
    """How many parties an actor may see that `parties_after` would give. One query."""
    rows = _filtered(actor, "", region, industry, size, status, kind).filter(_reached(actor, also))
    return _among(with_facts(rows, facts), among).count()


def party_traits(
    *,
    actor: Actor,
    text: str = "",
    region: str | None = None,
    industry: str | None = None,
    size: str | None = None,
    also: str = "",
    among: Collection[int] | None = None,
) -> list[PartyTraits]:
    """Number, place, industry and size of all enterprises that `parties_after` would give, ascending. One query.

    For counting groups of them: names are not read.
    """
    rows = _filtered(actor, text.strip(), region, industry, size, None, "enterprise")
    rows = _among(rows.filter(_reached(actor, also)), among).order_by("pk")
    return [
        PartyTraits(number, place or "", branch, big)
        for number, place, branch, big in rows.values_list("pk", "region__path", "industry", "size")
    ]


def party_names(numbers: Collection[int]) -> dict[int, str]:
    """Names by number, of those that were not merged into another. One query.

    Whoever calls it may know of the parties anyway.
    """
    rows = Party.objects.filter(merged_into__isnull=True).extra(
        where=["parties_party.id = ANY(%s)"], params=[list(numbers)]
    )
    return dict(rows.values_list("pk", "name"))


def _among(rows: QuerySet[Party], numbers: Collection[int] | None) -> QuerySet[Party]:
    """One parameter, however many numbers there are: a hundred thousand are no more work to parse than one."""
    if numbers is None:
        return rows
    return rows.extra(where=["parties_party.id = ANY(%s)"], params=[list(numbers)])


def registered_contacts(*, party_ids: Collection[int]) -> dict[int, Contact]:
    """The contacts parties are registered with, for the room that sends messages, which shows them masked. One query.

    Whoever calls it has found the parties within somebody's scope.
    """
    return {
        party.pk: Contact(party.pk, party.name, party.contact_email, party.contact_phone)
        for party in Party.objects.filter(pk__in=party_ids)
    }


def parties_by_code(*, actor: Actor, codes: Iterable[str], also: str = "") -> dict[str, PartySummary]:
    """Credit code → party, for the codes of parties an actor may see. One query.

    A code of a duplicate answers with the party it was merged into. `also` is a permission that has to reach the party
    besides the one to see it.
    """
    found = Party.objects.filter(
        Q(visible(actor), _reached(actor, also), merged_into__isnull=True)
        | Q(visible(actor, prefix="merged_into__"), _reached(actor, also, "merged_into__")),
        credit_code__in=set(codes),
    ).select_related("region", "merged_into__region")
    return {party.credit_code or "": summary_of_party(party.merged_into or party) for party in found}


def _reached(actor: Actor, permission: str, prefix: str = "") -> Q:
    """The condition for parties that a permission of the actor's reaches; none for no permission."""
    if not permission:
        return Q()
    return actor.require(permission).condition(region=f"{prefix}region__path", party=f"{prefix}pk")


def _filtered(
    actor: Actor,
    text: str,
    region: str | None,
    industry: str | None,
    size: str | None,
    status: str | None,
    kind: str,
) -> QuerySet[Party]:
    rows = Party.objects.filter(visible(actor), merged_into__isnull=True, kind=kind)
    if region:
        rows = rows.filter(region__path__startswith=get_region(region).path)
    if industry:
        rows = rows.filter(industry__in=_industries_within(industry))
    if size:
        rows = rows.filter(size=size)
    if status:
        rows = rows.filter(status=status)
    return _matching(rows, text) if text else rows


def _matching(rows: QuerySet[Party], text: str) -> QuerySet[Party]:
    query = search_query(text)
    if query is None:
        return rows.none()
    # The index is asked first and the scope after it: a condition on `search` alone is what GIN can answer.
    return rows.extra(where=['"parties_party"."search" @@ %s::tsquery'], params=[query])


def _best_first(rows: QuerySet[Party], text: str) -> QuerySet[Party]:
    """The very code or name, then names that begin so, then shorter names before longer ones."""
    return rows.annotate(
        rank=Case(
            When(credit_code=text.upper(), then=Value(0)),
            When(name=text, then=Value(1)),
            When(name__startswith=text, then=Value(2)),
            When(credit_code__startswith=text.upper(), then=Value(3)),
            default=Value(4),
            output_field=IntegerField(),
        ),
        length=Length("name"),
    ).order_by("rank", "length", "name", "pk")


def _ordered(rows: QuerySet[Party], order: str) -> QuerySet[Party]:
    column = F(_ORDERS.get(order.lstrip("-"), "name"))
    sort = column.desc(nulls_last=True) if order.startswith("-") else column.asc(nulls_last=True)
    # Names and codes are never null; without the clause their index gives the order.
    if order.lstrip("-") in ("name", "", "id"):
        sort = column.desc() if order.startswith("-") else column.asc()
    return rows.order_by(sort, "pk")


def _industries_within(code: str) -> list[str]:
    return [each for each in industries() if industry_is_within(each, code)]


def get_party(*, actor: Actor, party_id: int) -> PartyDetail:
    """One party, its personal data masked. Raises PartyNotFound when there is none within the actor's scope."""
    rows = Party.objects.select_related("region", "portrait").annotate(
        mandates_in_force=Count("mandates", filter=Q(mandates__revoked_at__isnull=True))
    )
    party = visible_party(actor, party_id, rows)
    shown: dict[str, Any] = {
        name: getattr(summary_of_party(party), name) for name in PartySummary.__dataclass_fields__
    }
    portrait = getattr(party, "portrait", None)
    return PartyDetail(
        **shown,
        established_on=party.established_on,
        contact_email=masked_email(party.contact_email),
        contact_phone=mask(party.contact_phone),
        identity_number=mask(party.identity_number, head=3, tail=2),
        merged_into=party.merged_into_id,
        mandates_count=party.mandates_in_force,  # type: ignore[attr-defined]
        as_of=portrait.as_of if portrait else None,
        created_at=party.created_at,
        updated_at=party.updated_at,
    )


def registered_contact(*, credit_code: str) -> Contact | None:
    """The contact the enterprise with this code is registered with, or None when there is no such enterprise.

    For binding an account to an enterprise only: whoever calls it limits how often it is asked and shows it masked. A
    code of a duplicate answers for the party it was merged into.
    """
    party = (
        Party.objects.filter(kind=Party.ENTERPRISE, credit_code=credit_code.strip().upper())
        .select_related("merged_into")
        .first()
    )
    if party is None:
        return None
    kept = party.merged_into or party
    return Contact(kept.pk, kept.name, kept.contact_email, kept.contact_phone)


def summary_of_party(party: Party) -> PartySummary:
    """A party as lists show it; its region has to be at hand."""
    industry = find_industry(party.industry) if party.industry else None
    return PartySummary(
        id=party.pk,
        kind=party.kind,
        credit_code=party.credit_code,
        name=party.name,
        region_code=party.region_id,
        region_name=party.region.name if party.region else "",
        region_full_name=party.region.full_name if party.region else "",
        industry=party.industry,
        industry_name=industry.name if industry else "",
        size=party.size,
        status=party.status,
        demonstration=party.demonstration,
    )


# --- regions ----------------------------------------------------------------------------------------------------------


def parties_by_region(
    *,
    actor: Actor,
    level: Literal["province", "prefecture", "county"] = "county",
    region: str | None = None,
    today: date | None = None,
) -> tuple[RegionCount, ...]:
    """Enterprises an actor may see, counted for every division of a level that has any, in the order of the codes.

    With `region` only within it. Parties placed above the level, and in no region, are not counted. One query.
    """
    scope = actor.require(VIEW)
    rows = Party.objects.filter(scope.condition(region="region__path", party="pk")).filter(
        kind=Party.ENTERPRISE, merged_into__isnull=True
    )
    if region:
        rows = rows.filter(region__path__startswith=get_region(region).path)
    silent = Q(portrait__isnull=True)
    if today is not None:
        silent |= Q(portrait__as_of__lt=today - SILENT_AFTER)
    counted: dict[str, list[tuple[int, int, date | None]]] = defaultdict(list)
    for code, parties, stale, latest in (
        rows.order_by()
        .values_list("region_id")
        .annotate(parties=Count("pk"), stale=Count("pk", filter=silent), latest=Max("portrait__as_of"))
    ):
        above = _at_level(code, level)
        if above is not None:
            counted[above].append((parties, stale, latest))
    return tuple(
        RegionCount(
            region_code=code,
            name=get_region(code).name,
            parties=sum(each[0] for each in counts),
            stale=sum(each[1] for each in counts),
            latest=max((each[2] for each in counts if each[2]), default=None),
        )
        for code, counts in sorted(counted.items())
    )


def _at_level(code: str | None, level: str) -> str | None:
    """The division of a level that a division lies in, or None when it lies in none."""
    region = find_region(code) if code else None
    while region is not None and region.level != level:
        region = find_region(region.parent_code) if region.parent_code else None
    return region.code if region else None


def region_children(code: str = COUNTRY) -> tuple[RegionRow, ...]:
    """The divisions one level down, by code. Raises UnknownRegion."""
    return tuple(
        _region_row(each) for each in Region.objects.filter(parent_id=get_region(code).code).order_by("path")
    )


def get_region_row(code: str) -> RegionRow:
    """One division as the platform keeps it. Raises UnknownRegion."""
    found = Region.objects.filter(pk=get_region(code).code).first()
    if found is None:
        # In the standard and not in the database: the reference data was not loaded.
        found = _not_loaded(code)
    return _region_row(found)


def has_children(code: str) -> bool:
    """Whether there are divisions below. Raises UnknownRegion."""
    return bool(children_of(code))


def _not_loaded(code: str) -> Region:
    region = get_region(code)
    return Region(
        code=region.code,
        path=region.path,
        name=region.name,
        full_name=region.name,
        level=region.level,
        parent_id=region.parent_code,
    )


def _region_row(region: Region) -> RegionRow:
    return RegionRow(region.code, region.path, region.name, region.full_name, region.level, region.parent_id)


# --- agencies ---------------------------------------------------------------------------------------------------------

_AGENCY_ORDERS = {
    "name": "name",
    "code": "code",
    "kind": "kind",
    "region": "region__path",
    "region_name": "region__path",
    "region_full_name": "region__path",
    "is_active": "is_active",
    "document_code": "document_code",
}


def agencies(
    *,
    actor: Actor,
    region: str | None = None,
    kind: str | None = None,
    text: str = "",
    active_only: bool = False,
    with_document_code: bool | None = None,
    order: str = "region",
    page: int = 1,
    per_page: int = 50,
) -> AgencyPage:
    """The agencies an actor may see, as a page. `region` takes in what lies below it. Two queries."""
    rows = _agencies(actor, region, kind, text)
    if with_document_code is not None:
        rows = rows.exclude(document_code="") if with_document_code else rows.filter(document_code="")
    if active_only:
        rows = rows.filter(is_active=True)
    total = rows.count()
    pages = max(1, ceil(total / per_page))
    page = min(max(page, 1), pages)
    column = _AGENCY_ORDERS.get(order.lstrip("-"), "region__path")
    sort = f"-{column}" if order.startswith("-") else column
    found = rows.select_related("region", "parent").order_by(sort, "code")[
        (page - 1) * per_page : page * per_page
    ]
    return AgencyPage(tuple(agency_row(each) for each in found), total, page, pages)


def agencies_after(
    *,
    actor: Actor,
    after_id: int = 0,
    limit: int = 50,
    region: str | None = None,
    kind: str | None = None,
    text: str = "",
) -> tuple[AgencyRow, ...]:
    """The next agencies an actor may see after one, by number, with the filters of `agencies`. One query."""
    rows = _agencies(actor, region, kind, text).filter(pk__gt=after_id)
    return tuple(agency_row(each) for each in rows.select_related("region", "parent").order_by("pk")[:limit])


def agencies_at(
    *, kinds: Collection[str], region_codes: Collection[str] | None = None
) -> tuple[AgencyRow, ...]:
    """The active agencies of some kinds that sit in these very regions, or anywhere when none are named, for whoever
    looks for a desk. One query.
    """
    rows = Agency.objects.filter(is_active=True, kind__in=kinds)
    if region_codes is not None:
        rows = rows.filter(region__code__in=region_codes)
    return tuple(agency_row(each) for each in rows.select_related("region", "parent").order_by("code"))


def agencies_called(words: Collection[str]) -> tuple[AgencyRow, ...]:
    """The agencies whose code or whole name is one of these, active or not, for whoever was told of them. One query."""
    rows = Agency.objects.filter(Q(code__in=words) | Q(name__in=words))
    return tuple(agency_row(each) for each in rows.select_related("region", "parent").order_by("code"))


def _agencies(actor: Actor, region: str | None, kind: str | None, text: str) -> QuerySet[Agency]:
    scope = actor.require("parties.view_agencies")
    rows = scope.filter(Agency.objects.all(), region="region__path", agency="pk")
    if region:
        rows = rows.filter(region__path__startswith=get_region(region).path)
    if kind:
        rows = rows.filter(kind=kind)
    if text:
        rows = rows.filter(
            Q(name__icontains=text) | Q(code__istartswith=text) | Q(document_code__istartswith=text)
        )
    return rows


def get_agency(*, actor: Actor, agency_id: int) -> AgencyRow:
    """One agency. Raises AgencyNotFound when there is none within the actor's scope."""
    scope = actor.require("parties.view_agencies")
    found = (
        scope.filter(Agency.objects.select_related("region", "parent"), region="region__path", agency="pk")
        .filter(pk=agency_id)
        .first()
    )
    if found is None:
        raise AgencyNotFound(
            f"no agency {agency_id}", message_zh=f"没有找到编号为 {agency_id} 的机构", value=agency_id
        )
    return agency_row(found)


def agency_row(agency: Agency) -> AgencyRow:
    """An agency as others see it."""
    return AgencyRow(
        id=agency.pk,
        code=agency.code,
        name=agency.name,
        kind=agency.kind,
        region_code=agency.region_id,
        region_name=agency.region.name,
        region_full_name=agency.region.full_name,
        region_path=agency.region.path,
        parent_id=agency.parent_id,
        parent_name=agency.parent.name if agency.parent else "",
        is_active=agency.is_active,
        document_code=agency.document_code,
    )
