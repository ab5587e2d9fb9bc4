"""A year of files that together tell the sample city."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from yingshang.kernel.reference.api import get_fact, write_sample_city
from yingshang.operations.sample_deliveries import Delivery, cut_into_deliveries, months_before

AS_OF = date(2026, 11, 21)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("city") / "city.parquet"
    return write_sample_city(path, enterprises=2000, seed=4, as_of=AS_OF, region="230100")


@pytest.fixture(scope="module")
def deliveries(city: Path) -> tuple[Delivery, ...]:
    return cut_into_deliveries(city, city.parent / "deliveries", as_of=AS_OF, seed=4, zone=ZONE)


def test_they_come_in_order_and_end_with_everything(city: Path, deliveries: tuple[Delivery, ...]) -> None:
    assert [each.as_of for each in deliveries] == sorted(each.as_of for each in deliveries)
    assert all(each.received_at.date() >= each.as_of for each in deliveries)
    assert deliveries[0].as_of == date(2025, 11, 21)
    assert deliveries[-1].as_of == AS_OF
    assert {"市场监管局", "人社局", "税务局", "供电公司"} <= {
        each.source for each in deliveries if each.source
    }


def test_together_they_tell_the_city_and_silent_sources_leave_theirs_as_old_as_it_is(
    city: Path, deliveries: tuple[Delivery, ...]
) -> None:
    told: dict[tuple[str, str], tuple[object, date]] = {}
    for each in deliveries:
        for row in pq.read_table(each.path).to_pylist():
            told |= {
                (row["subject"], name): (value, each.as_of)
                for name, value in row.items()
                if value is not None
            }
    expected = {
        (row["subject"], name): value
        for row in pq.read_table(city).to_pylist()
        for name, value in row.items()
        if value is not None
    }
    assert {key: value for key, (value, _) in told.items()} == expected
    days = {
        get_fact(name).agency: day for (_, name), (_, day) in told.items() if name not in ("subject", "name")
    }
    assert days["市场监管局"] == AS_OF
    assert date(2026, 10, 21) in {day for (_, name), (_, day) in told.items() if _of(name) == "供电公司"}


def _of(name: str) -> str:
    return "" if name in ("subject", "name") else get_fact(name).agency


def test_nobody_is_told_of_before_they_exist(deliveries: tuple[Delivery, ...]) -> None:
    for each in deliveries:
        table = pq.read_table(each.path)
        if "ent.established" in table.column_names:
            latest = pc.max(table["ent.established"]).as_py()
            assert latest is None or latest <= each.as_of


def test_last_year_is_not_known_before_spring(deliveries: tuple[Delivery, ...]) -> None:
    for each in deliveries:
        if each.as_of < date(2026, 4, 1):
            assert not [name for name in pq.read_schema(each.path).names if "2025" in name]


def test_a_source_tells_only_what_is_its_own(deliveries: tuple[Delivery, ...]) -> None:
    for each in deliveries:
        if each.source is not None:
            names = [name for name in pq.read_schema(each.path).names if name not in ("subject", "name")]
            assert names
            assert {get_fact(name).agency for name in names} == {each.source}


def test_the_same_arguments_write_the_same_files(
    city: Path, deliveries: tuple[Delivery, ...], tmp_path: Path
) -> None:
    again = cut_into_deliveries(city, tmp_path, as_of=AS_OF, seed=4, zone=ZONE)
    assert [each.title for each in again] == [each.title for each in deliveries]
    for one, other in zip(deliveries, again, strict=True):
        assert pq.read_table(one.path).equals(pq.read_table(other.path))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 21), 12, date(2025, 11, 21)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
    ],
)
def test_months_before(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected
