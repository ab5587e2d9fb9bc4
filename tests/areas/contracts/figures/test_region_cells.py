"""Sums of prefectures: rows are added, put together now and then, and always come to what the units' cells come to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connections

from tests.areas.contracts.factories import TODAY, YUAN, contract_row, obligation_row
from tests.kernel.access.factories import DAOLI, HARBIN, NANGANG, NOW, SYSTEM, agency, arranged, official
from yingshang.areas.contracts import api
from yingshang.areas.contracts.figures import region_cells
from yingshang.areas.contracts.figures.cells import count_new, recount
from yingshang.areas.contracts.models import DueCell, RegionDueCell
from yingshang.kernel.parties.api import move_agency

PROVINCE, QIQIHAR = "230000", "230200"


def late(*, place: str = DAOLI, days: int = 2, **named: Any) -> Any:
    each = obligation_row(
        contract_row(in_agency=agency(place, "education")), due_on=TODAY - timedelta(days=days), **named
    )
    with arranged():
        count_new([each], [each.contract])
    return each


def paid(each: Any, yuan: int) -> None:
    with arranged():
        each.done_fen, each.open_fen, each.state = yuan * YUAN, each.amount_fen - yuan * YUAN, "partial"
        each.save()
        recount([each])


def told(region_path: str) -> Any:
    return api.overview(actor=SYSTEM, region_path=region_path, today=TODAY)


@pytest.mark.django_db
class TestSums:
    def test_a_province_is_what_its_prefectures_come_to(self) -> None:
        late(place=DAOLI, amount_fen=5_000 * YUAN)
        late(place=NANGANG, amount_fen=3_000 * YUAN)
        late(place=QIQIHAR, amount_fen=200 * YUAN)
        late(place=PROVINCE, amount_fen=10 * YUAN)
        assert told("23").late.fen == 8_210 * YUAN
        assert {path: part.late_fen for path, part in told("23").parts.items()} == {
            "2301": 8_000 * YUAN,
            "2302": 200 * YUAN,
            "23": 10 * YUAN,
        }
        assert {path: part.late_fen for path, part in told("").parts.items()} == {"23": 8_210 * YUAN}
        assert told("2301").late.fen == 8_000 * YUAN
        assert api.rebuild(actor=SYSTEM, now=NOW).total == 0

    def test_whoever_sees_a_part_of_the_province_is_told_of_that_part(self) -> None:
        late(place=DAOLI, amount_fen=5_000 * YUAN)
        late(place=QIQIHAR, amount_fen=200 * YUAN)
        of_city = official("leader", HARBIN, "government").actor()
        of_province = official("leader", PROVINCE, "government").actor()
        assert api.overview(actor=of_city, region_path="23", today=TODAY).late.fen == 5_000 * YUAN
        assert api.overview(actor=of_city, region_path="", today=TODAY).late.fen == 5_000 * YUAN
        assert api.overview(actor=of_province, region_path="23", today=TODAY).late.fen == 5_200 * YUAN

    def test_a_unit_that_moves_to_another_prefecture_takes_its_sums_along(self) -> None:
        each = late(place=DAOLI)
        agency(QIQIHAR)
        move_agency(actor=SYSTEM, agency_id=each.agency_id, region=QIQIHAR, reason="迁址", now=NOW)
        assert told("23").parts["2302"].late_count == 1
        assert told("23").parts["2301"].late_count == 0
        assert api.rebuild(actor=SYSTEM, now=NOW).total == 0
        region_cells.fold()
        assert set(told("23").parts) == {"2302"}

    def test_what_is_wrong_is_found_and_put_right(self) -> None:
        late(place=DAOLI)
        late(place=QIQIHAR)
        with arranged():
            RegionDueCell.objects.filter(region_path="2301").update(open_fen=1)
            RegionDueCell.objects.filter(region_path="2302").delete()
        # Of one of its counties the whole prefecture is put right, and no other.
        assert api.rebuild(actor=SYSTEM, now=NOW, region_path="230102").region_cells == 1
        assert api.rebuild(actor=SYSTEM, now=NOW).region_cells == 1
        assert api.rebuild(actor=SYSTEM, now=NOW).total == 0


@pytest.mark.django_db
class TestFold:
    def test_one_row_a_day_and_the_same_sums(self) -> None:
        first, second = late(place=DAOLI), late(place=NANGANG)
        other_day = late(place=DAOLI, days=3)
        for yuan in (100, 200):
            paid(first, yuan)
        before = told("23")
        assert RegionDueCell.objects.count() == 5
        # Four of them stand for one day.
        assert region_cells.fold() == 4
        assert {each.due_on for each in RegionDueCell.objects.all()} == {first.due_on, other_day.due_on}
        assert told("23") == before
        assert region_cells.fold() == 0
        with arranged():
            for each in (first, second, other_day):
                each.state, each.done_fen, each.open_fen = "performed", each.amount_fen, 0
                each.performed_on = TODAY
                each.save()
            recount([first, second, other_day])
        region_cells.fold()
        assert not RegionDueCell.objects.exists()
        assert not DueCell.objects.exists()

    def test_one_row_that_comes_to_nothing_goes(self) -> None:
        with arranged():
            RegionDueCell.objects.create(region_path="2301", side="unit", money=True, due_on=date(2026, 1, 1))
        assert region_cells.fold() == 1
        assert not RegionDueCell.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_while_rows_are_put_together() -> None:
    rows = [late(amount_fen=100_000 * YUAN) for _number in range(3)]
    # Another unit of the same prefecture: nobody waits for the other.
    rows.append(late(place=NANGANG, amount_fen=100_000 * YUAN))
    barrier, done = Barrier(len(rows) + 1), Event()
    seen: set[int] = set()

    def pay(number: int) -> None:
        barrier.wait()
        try:
            for yuan in range(1, 6):
                paid(rows[number], yuan)
        finally:
            connections.close_all()

    def fold() -> None:
        barrier.wait()
        try:
            while not done.is_set():
                region_cells.fold()
                seen.add(told("23").late.count)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(rows) + 1) as pool:
        folding = pool.submit(fold)
        try:
            list(pool.map(pay, range(len(rows))))
        finally:
            done.set()
        folding.result()
    # Whoever looked saw all four, at every moment.
    assert seen == {4}
    assert told("23").late.fen == 4 * 99_995 * YUAN
    assert api.rebuild(actor=SYSTEM, now=NOW).total == 0
