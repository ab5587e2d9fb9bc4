"""A unit moves to another region, and its contracts go along."""

from __future__ import annotations

from datetime import date

import pytest

from tests.areas.contracts.factories import SUPERVISION, TODAY, contract_row, obligation_row, unit
from tests.kernel.access.factories import NANGANG, NOW, SYSTEM, arranged, official
from yingshang.areas.contracts import api
from yingshang.areas.contracts.figures.cells import count_new
from yingshang.areas.contracts.ladder.clocks import follow
from yingshang.areas.contracts.ladder.confirming import start_asking
from yingshang.areas.contracts.models import DoneCell, DueCell, Supplement, UnitFigures
from yingshang.kernel.clock.api import get_deadline
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.api import move_agency

pytestmark = pytest.mark.django_db


def test_where_a_unit_goes_its_contracts_their_sums_and_clocks_go() -> None:
    people = unit()
    number = people.agency.pk
    contract, ended = contract_row(), contract_row(state="completed")
    late = obligation_row(contract, due_on=date(2026, 11, 3))
    obligation_row(contract, due_on=None, state="waiting")
    done = obligation_row(ended, state="performed", performed_on=date(2026, 10, 1), done_fen=300_000 * 100)
    with arranged():
        count_new([late, *contract.obligations.exclude(pk=late.pk)], [contract])
        count_new([done], [ended])
        follow([late], now=NOW)
        asked = Supplement.objects.create(
            contract=contract,
            ordinal=1,
            title="补充协议",
            signed_on=TODAY,
            effective_on=TODAY,
            state="to_agree",
            proposed_at=NOW,
        )
        start_asking(
            asked,
            owner="contract_supplement",
            names=("补充协议", "Supplement"),
            timed=api.ladder_rules().agreement,
            agency_id=number,
            region_path=contract.region_path,
            started={"zh": "审核通过", "en": "approved"},
            now=NOW,
        )
    before = get_deadline(late.deadline_id or 0)
    newcomer = official("supervisor", NANGANG, SUPERVISION).actor()
    last = AuditEvent.objects.order_by("-id").values_list("id", flat=True)[0]
    move_agency(actor=SYSTEM, agency_id=number, region=NANGANG, reason="迁址", now=NOW)
    events = AuditEvent.objects.filter(id__gt=last).order_by("id").values_list("action", flat=True)
    assert list(events) == ["parties.agency_moved", "clock.handed_over", "clock.handed_over"]
    assert get_deadline(asked.deadline_id or 0).region_path == "230103"
    for model in (type(contract), type(late), DueCell, DoneCell, UnitFigures):
        assert set(model.objects.values_list("region_path", flat=True)) == {"230103"}, model
    assert api.rebuild(actor=SYSTEM, now=NOW).total == 0
    assert api.overview(actor=people.leader.actor(), today=TODAY).late.count == 0
    assert api.overview(actor=newcomer, today=TODAY).late.count == 1
    assert api.contract(actor=newcomer, contract_id=contract.pk, now=NOW).id == contract.pk
    with pytest.raises(api.ContractNotFound):
        api.contract(actor=people.supervisor.actor(), contract_id=contract.pk, now=NOW)
    after = get_deadline(late.deadline_id or 0)
    assert (after.region_path, after.due_at, after.state) == ("230103", before.due_at, before.state)
