"""Whatever happens, in whatever order, and whoever dies at it: every claim is paid once, and the books say so.

`make test` runs 50 schedules, a build server 20, `make test-faults` 1,000 (FAULT_SCHEDULES). A failing one is named by its seed:
FAULT_FIRST=1234 FAULT_SCHEDULES=1 runs it alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.areas.claims.factories import Desk, another_claim, handed_in, payable_claim
from tests.areas.claims.faults.schedule import Office
from tests.examples import some
from tests.kernel.access.factories import Person

pytestmark = pytest.mark.django_db

SCHEDULES = int(os.environ.get("FAULT_SCHEDULES") or len(some(range(50), 20, of="schedules")))
FIRST = int(os.environ.get("FAULT_FIRST") or 1)
PARTS = 2


class _Enough(Exception):
    """The schedule is over: its rows go."""


def situation() -> tuple[int, Desk, dict[int, Person]]:
    """Two claims that wait for payment."""
    claim, people = payable_claim()
    owners = {claim.id: claim.who}
    other = another_claim(claim.fund_id, staff=20)
    assert handed_in(other) == "payable"
    owners[other.id] = other.who
    return claim.fund_id, people, owners


def seeds(part: int) -> Iterator[int]:
    return (seed for seed in range(FIRST, FIRST + SCHEDULES) if seed % PARTS == part)


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_paid_twice_and_everything_ends(part: int) -> None:
    mine = list(seeds(part))
    if not mine:
        pytest.skip("no schedule falls into this part")
    fund_id, people, owners = situation()
    for seed in mine:
        with pytest.raises(_Enough), transaction.atomic():
            office = Office(fund_id, people, owners, seed)
            for _ in range(2):
                office.run(10)
                assert office.faults() == [], (seed, office.done)
            office.finish()
            assert office.faults() == [], (seed, office.done)
            assert office.unfinished() == [], (seed, office.done)
            office.bank.close()
            raise _Enough
