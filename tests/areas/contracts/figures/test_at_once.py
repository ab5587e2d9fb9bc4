"""Eight who change obligations and contracts of one unit at the same moment: the sums are what they come to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connections

from tests.areas.contracts.factories import contract_row, obligation_row
from tests.kernel.access.factories import NOW, SYSTEM, arranged
from yingshang.areas.contracts.api import count_new, rebuild, recount, recount_contracts
from yingshang.areas.contracts.models import Contract, DueCell, Obligation, UnitFigures

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 8


def test_nothing_is_lost() -> None:
    contracts = [contract_row() for _number in range(TIMES)]
    # Two of each: on a day that all share, and on one of two days.
    obligations = [
        obligation_row(each, due_on=date(2026, 12, day))
        for number, each in enumerate(contracts)
        for day in (1, 2 + number % 2)
    ]
    with arranged():
        count_new(obligations, contracts)
    barrier = Barrier(TIMES)

    def change(number: int) -> None:
        barrier.wait()
        try:
            with arranged():
                contract = Contract.objects.select_for_update().get(pk=contracts[number].pk)
                first, second = Obligation.objects.filter(contract=contract).order_by("ordinal")
                first.state, first.performed_on = "performed", date(2026, 11, 20)
                first.done_fen, first.open_fen = first.amount_fen or 0, 0
                second.due_on = date(2026, 12, 5)
                for each in (first, second):
                    each.save()
                recount([first, second])
                contract.state = "suspended" if number % 2 else "completed"
                contract.save()
                recount_contracts([contract])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(TIMES) as pool:
        list(pool.map(change, range(TIMES)))
    assert rebuild(actor=SYSTEM, now=NOW).total == 0
    cell = DueCell.objects.get()
    assert (cell.due_on, cell.open_count) == (date(2026, 12, 5), TIMES)
    figures = UnitFigures.objects.get()
    assert (figures.contract_count, figures.in_force_count) == (TIMES, TIMES // 2)
