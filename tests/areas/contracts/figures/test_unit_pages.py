"""A page of units is what all of them, put in order in Python, have at that place."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.areas.contracts.factories import TODAY, unit
from tests.kernel.access.factories import DAOLI, HARBIN, NANGANG, SYSTEM, arranged, region
from yingshang.areas.contracts import api
from yingshang.areas.contracts.figures.rules import figure_rules
from yingshang.areas.contracts.models import DoneCell, DueCell, UnitFigures
from yingshang.kernel.parties.models import Agency
from yingshang.web.contracts.figures.tables import UnitTable
from yingshang.web.listing import page_of

pytestmark = pytest.mark.django_db

NAMES = ("教育局", "Education", "education", "市100%局", "市100局", "住建_局", "住建局", "民政局")
ORDERS = [f"{sign}{name}" for name in UnitTable.base_columns for sign in ("", "-")]


def _figures(random: Random, count: int = 40) -> None:
    """Sums of units with few different values, so that many are alike: with and without contracts, late and not."""
    unit()
    places = [region(each) for each in (HARBIN, DAOLI, NANGANG)]
    stretches = [figure_rules().undated.code, "in_time", *(each.code for each in figure_rules().stretches)]
    with arranged():
        agencies = Agency.objects.bulk_create(
            Agency(
                code=f"unit-{number}",
                name=f"{random.choice(NAMES)}{random.choice(('', '二'))}",
                kind="education",
                region=random.choice(places),
            )
            for number in range(count)
        )
        UnitFigures.objects.bulk_create(
            UnitFigures(
                agency=each,
                region_path=each.region.path,
                contract_count=random.choice((0, 1, 2)),
                contract_fen=random.choice((0, 500, 10**14)),
                bare_count=random.choice((0, 1)),
            )
            for each in agencies
        )
        DueCell.objects.bulk_create(
            DueCell(
                agency=each,
                region_path=each.region.path,
                side=side,
                money=True,
                due_on=TODAY - timedelta(days=days),
                open_count=random.choice((1, 2)),
                open_fen=random.choice((0, 100, 200)),
                unrated_count=random.choice((0, 1)),
                accrued_fen=random.choice((0, 7)),
                growth=(growth := random.choice((Decimal(0), Decimal("0.25"), Decimal("0.5")))),
                origin=growth * (TODAY - timedelta(days=days)).toordinal(),
            )
            for each in agencies
            for side, days in {
                (random.choice(("unit", "unit", "counterparty")), random.choice((-3, 0, 1, 2, 400)))
                for _ in range(random.choice((0, 1, 3)))
            }
        )
        DoneCell.objects.bulk_create(
            DoneCell(
                agency=each,
                region_path=each.region.path,
                side="unit",
                money=True,
                month=month,
                stretch=stretch,
                done_count=random.choice((1, 2, 6)),
                late_days=0 if stretch == "in_time" else random.choice((3, 10)),
            )
            for each in agencies
            for month, stretch in {
                (
                    random.choice((date(2026, 11, 1), date(2026, 3, 1), date(2020, 1, 1))),
                    random.choice(stretches),
                )
                for _ in range(random.choice((0, 1, 3)))
            }
        )


@pytest.mark.parametrize("seed", range(3))
def test_a_page_is_what_all_of_them_have_at_its_place(seed: int) -> None:
    _figures(Random(seed))
    for path in ("", region(DAOLI).path):
        everything = api.by_unit(actor=SYSTEM, region_path=path, today=TODAY)
        assert {each.in_time is None for each in everything} == {True, False}
        for order in ("", *ORDERS):
            for number, size in ((1, 7), (3, 7), (1, 100)):
                wanted = page_of(everything, order, number, size)
                found = api.unit_page(
                    actor=SYSTEM,
                    region_path=path,
                    today=TODAY,
                    order=order,
                    offset=(number - 1) * size,
                    limit=size,
                )
                if wanted.rows:
                    assert (list(found.rows), found.total) == (list(wanted.rows), wanted.total), (
                        order,
                        number,
                    )


def test_its_name_its_unit_and_who_asks_narrow_it(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    _figures(Random(7))
    everything = api.by_unit(actor=SYSTEM, today=TODAY)
    for text in ("教育", "education", "100%", "_"):
        wanted = [each for each in everything if text in each.agency_name]
        with django_assert_num_queries(4):
            found = api.unit_page(actor=SYSTEM, today=TODAY, text=text, limit=100)
        assert wanted and list(found.rows) == wanted and found.total == len(wanted)
    one = everything[2]
    assert api.unit_page(actor=SYSTEM, today=TODAY, agency_id=one.agency_id).rows == (one,)
    leader = unit().leader.actor()
    mine = api.by_unit(actor=leader, today=TODAY)
    assert 0 < len(mine) < len(everything)
    assert api.unit_page(actor=leader, today=TODAY, order="-in_time", limit=100).total == len(mine)
    assert api.unit_page(actor=leader, today=TODAY, limit=100).rows == mine
    # Beyond the last there is nothing, and how many there are is known all the same.
    with django_assert_num_queries(2):
        beyond = api.unit_page(actor=leader, today=TODAY, offset=1000)
    assert (beyond.rows, beyond.total) == ((), len(mine))
