"""The same contract written down by eight at the same moment, on connections of their own, is one contract."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from tests.areas.contracts.factories import supplier, unit
from tests.areas.contracts.registering.situations import fields
from tests.kernel.access.factories import NOW
from yingshang.areas.contracts import api
from yingshang.areas.contracts.models import Contract, EmptyQuarter
from yingshang.kernel.access.api import system_actor
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 8


def test_written_down_by_eight_it_is_one_and_so_is_what_is_declared() -> None:
    supplier()
    people, written = unit(), fields()
    sent = api.Incoming(
        row=1,
        unit=people.agency.code,
        fields=fields(amount_fen=1, reference="另一份"),
        source_reference="S-1",
    )
    actor, place = people.administrator.actor(), people.agency.pk
    barrier = Barrier(TIMES)

    def run(number: int) -> list[str]:
        codes = []
        try:
            barrier.wait()
            for act in (
                lambda: api.write_contract(actor=actor, agency_id=place, fields=written, now=NOW),
                lambda: api.declare_none(actor=actor, agency_id=place, year=2026, quarter=2, now=NOW),
                lambda: api.gather_contracts(
                    actor=system_actor("contracts.gathering"), contracts=[sent], name="某系统", now=NOW
                ),
            ):
                try:
                    act()
                    codes.append("done")
                except DomainError as error:
                    codes.append(error.code)
        finally:
            connections.close_all()
        return codes

    with ThreadPoolExecutor(TIMES) as pool:
        answers = [code for codes in pool.map(run, range(TIMES)) for code in codes]
    assert sorted(answers) == sorted(
        ["done", "done", *["done"] * TIMES]
        + ["contracts.duplicate_contract"] * (TIMES - 1)
        + ["contracts.not_possible_now"] * (TIMES - 1)
    )
    assert EmptyQuarter.objects.count() == 1
    assert sorted(Contract.objects.values_list("source", flat=True)) == ["api", "form"]
