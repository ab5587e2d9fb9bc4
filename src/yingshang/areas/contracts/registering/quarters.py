"""Quarters, and units that say that they signed nothing in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from yingshang.kernel.access.api import Actor, system_actor
from yingshang.kernel.parties.api import get_agency

from ..errors import NotYours
from ..models import Contract, EmptyQuarter
from ..reach import REGISTER, VIEW, agencies_of
from ..values import QuarterView
from .rules import contract_rules

_PLATFORM = system_actor("contracts")


def quarter_of(day: date) -> tuple[int, int]:
    """The year and the quarter a day is in.

    >>> quarter_of(date(2026, 3, 31))
    (2026, 1)
    """
    return day.year, (day.month - 1) // 3 + 1


def days_of(year: int, quarter: int) -> tuple[date, date]:
    """The first and the last day of a quarter.

    >>> days_of(2026, 4)
    (datetime.date(2026, 10, 1), datetime.date(2026, 12, 31))
    """
    first = date(year, 3 * quarter - 2, 1)
    after = date(year + (quarter == 4), 3 * quarter % 12 + 1, 1)
    return first, after - timedelta(days=1)


def sayable_quarters(today: date) -> tuple[tuple[int, int], ...]:
    """The quarters a unit may still say something of, the newest first: the running one only in its last days."""
    rules = contract_rules()
    year, quarter = quarter_of(today)
    found = []
    if (days_of(year, quarter)[1] - today).days < rules.quarter_before_end:
        found.append((year, quarter))
    for _ in range(rules.quarters_back):
        year, quarter = (year, quarter - 1) if quarter > 1 else (year - 1, 4)
        found.append((year, quarter))
    return tuple(found)


def contracts_in(agency_id: int, year: int, quarter: int) -> list[str]:
    """The numbers of the unit's contracts signed in a quarter, but for void ones."""
    first, last = days_of(year, quarter)
    rows = Contract.objects.filter(agency=agency_id, signed_on__gte=first, signed_on__lte=last)
    return list(rows.exclude(state="void").order_by("pk").values_list("number", flat=True)[:5])


def clear_quarters(contracts: Iterable[Contract], *, now: datetime) -> int:
    """There are contracts of their quarters after all: what their units had said of these no longer holds. Of how many
    that was. Two queries at most.
    """
    signed = {(each.agency_id, *quarter_of(each.signed_on)) for each in contracts}
    said = EmptyQuarter.objects.filter(
        agency__in={each[0] for each in signed},
        year__in={each[1] for each in signed},
        withdrawn_at__isnull=True,
    )
    found = [
        number
        for number, *quarter in said.values_list("pk", "agency", "year", "quarter")
        if tuple(quarter) in signed
    ]
    return EmptyQuarter.objects.filter(pk__in=found).update(withdrawn_at=now) if found else 0


def quarters(*, actor: Actor, agency: int, now: datetime) -> tuple[QuarterView, ...]:
    """The quarters of a unit of one's reach that something may be said of, and the running one, the newest first; how
    many contracts it signed in each, and whether it has said that there was none. Four queries at most.

    Raises NotAllowed, NotYours.
    """
    today = timezone.localdate(now)
    unit = get_agency(actor=_PLATFORM, agency_id=agency)
    if not actor.require(VIEW).covers("agency", agency_id=agency, region_path=unit.region_path):
        raise NotYours(
            f"quarters of {unit.name} are beyond your reach",
            message_zh="您不能查看这个单位的申报",
            field="agency",
        )
    sayable = sayable_quarters(today)
    shown = list(dict.fromkeys([quarter_of(today), *sayable]))
    first = days_of(*shown[-1])[0]
    counted: Counter[tuple[int, int]] = Counter()
    signed = Contract.objects.filter(agency=agency, signed_on__gte=first).exclude(state="void").order_by()
    for day, number in signed.values_list("signed_on").annotate(number=Count("pk")):
        counted[quarter_of(day)] += number
    said = {
        (each.year, each.quarter): each
        for each in EmptyQuarter.objects.filter(
            agency=agency, year__gte=first.year, withdrawn_at__isnull=True
        )
    }
    mine = agency in agencies_of(actor, REGISTER)
    found = []
    for each in shown:
        row = said.get(each)
        may = {"withdrawn"} if row else {"declared"} if each in sayable and not counted[each] else set()
        found.append(
            QuarterView(
                agency,
                unit.name,
                *each,
                counted[each],
                row is not None,
                row.note if row else "",
                row.declared_by_name if row else "",
                row.declared_at if row else None,
                frozenset(may if mine else ()),
            )
        )
    return tuple(found)
