"""Counting what an actor may see, for the cockpit. Every count is of the very rows that the lists show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import facts, find_industry, get_fact, get_region, industries, section_of

from .freshness import fresh_until
from .models import Coverage, FactImport, Party, Portrait

Attribute = Literal["size", "industry", "status"]
SERIES_YEARS = 6
"""Of a yearly series, the years that are counted: this one and those before it."""

UNKNOWN = ""
"""The code under which what is not known is counted."""


@dataclass(frozen=True, slots=True)
class AttributeCount:
    """How many enterprises have one value of an attribute. `code` is empty for those of which it is unknown."""

    code: str
    name: str
    parties: int


@dataclass(frozen=True, slots=True)
class MonthCount:
    """How many enterprises were established in a month, which is named by its first day."""

    month: date
    parties: int


@dataclass(frozen=True, slots=True)
class SourceFreshness:
    """How new what one source told is, in the actor's scope: its latest day, and of how many parties it told then."""

    source: str
    latest: date
    imports: int
    parties: int

    @property
    def lapses(self) -> tuple[date, ...]:
        """The last fresh day of each fact of this source, earliest first, by how long the catalogue says it keeps."""
        told = (each for each in facts().values() if each.agency == self.source and each.about == "party")
        return tuple(sorted(fresh_until(self.latest, each.fresh_for) for each in told))


@dataclass(frozen=True, slots=True)
class ColumnCoverage:
    """How many of the enterprises have a value in one column."""

    column: str
    parties: int
    of: int

    @property
    def per_cent(self) -> int:
        """Whole per cent, rounded down: 100 only when all have it."""
        return self.parties * 100 // self.of


@dataclass(frozen=True, slots=True)
class FactCoverage:
    """How many enterprises have a fact, and how new what its agency told is. `newest` is None if it told nothing."""

    of: int
    columns: tuple[ColumnCoverage, ...]
    newest: date | None
    fresh_until: date | None
    stale: bool


@dataclass(frozen=True, slots=True)
class ImportFigures:
    """What the imports of a period came to."""

    imports: int
    created: int
    changed: int
    rejected: int
    with_rejects: int


def parties_by_attribute(
    *, actor: Actor, attribute: Attribute, region: str | None = None
) -> tuple[AttributeCount, ...]:
    """Enterprises by size, by section of industry, or by registration status, largest count first; unknown last."""
    counted: Counter[str] = Counter()
    for value, count in (
        _enterprises(actor, region).values_list(attribute).annotate(count=Count("pk")).order_by()
    ):
        counted[_section(value) if attribute == "industry" else value or UNKNOWN] += count
    names = {code: industries()[code].name for code in counted if code} if attribute == "industry" else {}
    rows = [AttributeCount(code, names.get(code, code), count) for code, count in counted.items()]
    return tuple(sorted(rows, key=lambda row: (row.code == UNKNOWN, -row.parties, row.code)))


def parties_by_month(
    *, actor: Actor, since: date, until: date, region: str | None = None
) -> tuple[MonthCount, ...]:
    """Enterprises by the month they were established in; months without one are there with a nought."""
    rows = (
        _enterprises(actor, region)
        .filter(established_on__gte=since.replace(day=1), established_on__lte=until)
        .annotate(month=TruncMonth("established_on"))
        .values_list("month")
        .annotate(count=Count("pk"))
        .order_by("month")
    )
    counted = dict(rows)
    months, month = [], since.replace(day=1)
    while month <= until:
        months.append(MonthCount(month, counted.get(month, 0)))
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return tuple(months)


def freshness_by_source(*, actor: Actor, region: str | None = None) -> tuple[SourceFreshness, ...]:
    """How new what each source told is, the oldest first: its latest day, and how many parties it told of by then."""
    told = Coverage.objects.filter(parties__gt=0)
    if region:
        told = told.filter(region__path__startswith=get_region(region).path)
    told = actor.require("parties.view").filter(told, region="region__path")
    found: dict[str, SourceFreshness] = {}
    # An import is of one day, so those of the days of a source add up.
    days = told.values("source", "as_of").annotate(
        imports=Count("fact_import", distinct=True), parties=Sum("parties")
    )
    for row in days.order_by("source", "-as_of"):
        newest = found.setdefault(
            row["source"], SourceFreshness(row["source"], row["as_of"], imports=0, parties=row["parties"])
        )
        found[row["source"]] = replace(newest, imports=newest.imports + row["imports"])
    return tuple(sorted(found.values(), key=lambda each: (each.latest, each.source)))


def fact_coverage(*, actor: Actor, code: str, now: datetime) -> FactCoverage:
    """How many enterprises of the actor's reach have a fact, column by column; of a series the last years.

    For those who may see the catalogue: counts only, so it needs no permission to see parties.
    """
    definition = get_fact(code)
    catalogue = actor.may("parties.view_catalogue")
    scope = actor.require("parties.view_catalogue" if catalogue else "parties.view")
    parties = Party.objects.filter(kind=Party.ENTERPRISE, merged_into__isnull=True)
    portraits = Portrait.objects.filter(party__in=scope.filter(parties, region="region__path", party="pk"))
    year = timezone.localdate(now).year
    columns = (
        [code]
        if definition.series is None
        else [definition.column(each) for each in range(year, year - SERIES_YEARS, -1)]
    )
    counted = portraits.aggregate(
        of=Count("pk"),
        **{f"column_{n}": Count("pk", filter=Q(values__has_key=each)) for n, each in enumerate(columns)},
    )
    newest = scope.filter(
        Coverage.objects.filter(source=definition.agency, parties__gt=0), region="region__path"
    ).aggregate(newest=Max("as_of"))["newest"]
    until = None if newest is None else fresh_until(newest, definition.fresh_for)
    return FactCoverage(
        of=counted["of"],
        columns=tuple(
            ColumnCoverage(each, counted[f"column_{n}"], counted["of"])
            for n, each in enumerate(columns)
            if counted[f"column_{n}"]
        ),
        newest=newest,
        fresh_until=until,
        stale=until is not None and timezone.localdate(now) > until,
    )


def import_figures(*, actor: Actor, since: date) -> ImportFigures:
    """What the imports of the actor's scope since a day came to."""
    scope = actor.require("parties.view")
    rows = scope.filter(FactImport.objects.filter(started_at__date__gte=since), region="region__path")
    # In this order: a name that an aggregate has taken can no longer mean the column.
    figures: dict[str, Any] = rows.aggregate(
        with_rejects=Count("pk", filter=Q(rejected__gt=0)),
        imports=Count("pk"),
        created=Sum("created", default=0),
        changed=Sum("changed", default=0),
        rejected=Sum("rejected", default=0),
    )
    return ImportFigures(**figures)


def _enterprises(actor: Actor, region: str | None) -> QuerySet[Party]:
    scope = actor.require("parties.view")
    rows = Party.objects.filter(kind=Party.ENTERPRISE, merged_into__isnull=True)
    if region:
        rows = rows.filter(region__path__startswith=get_region(region).path)
    return scope.filter(rows, region="region__path", party="pk")


def _section(code: str | None) -> str:
    return section_of(code) if code and find_industry(code) else UNKNOWN
