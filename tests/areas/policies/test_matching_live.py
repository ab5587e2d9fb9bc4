"""Live decisions, and that everything which decides comes to the same."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from typer.testing import CliRunner

from tests.areas.policies.factories import EXAMPLES, hiring, published_item
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NOW,
    QIQIHAR,
    SYSTEM,
    arranged,
    clerk_of,
    legal_representative_of,
    no_event,
    official,
    one_event,
    region,
)
from tests.kernel.parties.factories import AS_OF, a_party, imported_city, told
from tests.web.api.api_factories import browser
from yingshang.areas.policies.actions.supply_fact import supply_fact
from yingshang.areas.policies.api import ItemNotFound
from yingshang.areas.policies.errors import CannotDeclare, ReceiptNotFound
from yingshang.areas.policies.matching.live import decide_for, decide_one, is_personal
from yingshang.areas.policies.matching.receipts import freeze, get_receipt, receipts_of, reproduce
from yingshang.areas.policies.matching.rematch import rematch, rematch_parties
from yingshang.areas.policies.matching.selectors import matched_parties, stored_for_party, stored_parties
from yingshang.areas.policies.models import DecisionReceipt, Declaration, ItemVersion
from yingshang.cli.main import app
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.parties.api import PartyNotFound, update_snapshot, write_snapshot
from yingshang.kernel.parties.models import Party

DAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


def published_examples(*codes: str) -> None:
    """Real items, made to hold everywhere."""
    region("000000")
    for file in sorted(EXAMPLES.glob("P*.yaml")):
        if not codes or file.stem in codes:
            source = re.sub("^region:.*\n", "", file.read_text("utf-8"), flags=re.MULTILINE)
            published_item(file.stem, source=source.replace("\nname:", '\nregion: "000000"\nname:', 1))


@pytest.mark.django_db
def test_an_enterprise_sees_everything_that_holds_where_it_is(django_assert_num_queries: Any) -> None:
    party = a_party(facts={"emp.insured_count": 12})
    for code, place, staff in (("CITY", HARBIN, 10), ("NATION", "000000", 13), ("OTHER", QIQIHAR, 1)):
        region(place)
        published_item(code, source=hiring(code, place, staff))
    who = clerk_of(party, ("parties.view_own", "policies.match_own")).actor()
    decide_for(actor=who, party_id=party.pk, day=DAY)
    with django_assert_num_queries(4):
        city, nation = decide_for(actor=who, party_id=party.pk, day=DAY)
    assert (city.code, city.outcome, city.certain_fen, city.possible_fen) == (
        "CITY",
        "entitled",
        1_200_000,
        1_200_000,
    )
    assert (city.window_open, city.closes_on) == (True, date(2026, 12, 31))
    assert (nation.outcome, nation.certain_fen) == ("refused", None)
    [change] = nation.changes()
    assert (change.fact, change.gap) == ("emp.insured_count", 1)
    with pytest.raises(ItemNotFound):
        decide_one(actor=who, party_id=party.pk, code="OTHER", day=DAY)


@pytest.mark.django_db
def test_who_may_see_what_an_enterprise_is_entitled_to() -> None:
    party, other = a_party(), a_party(region_code="230202")
    for who in (
        clerk_of(party, ("parties.view_own", "policies.match_own")),
        official("department_official", DAOLI),
        official("leader", HARBIN),
    ):
        decide_for(actor=who.actor(), party_id=party.pk, day=DAY)
        with pytest.raises(PartyNotFound):
            decide_for(actor=who.actor(), party_id=other.pk, day=DAY)
    with pytest.raises(PartyNotFound):
        decide_for(actor=official("leader", QIQIHAR).actor(), party_id=party.pk, day=DAY)
    for stranger in (clerk_of(party), official("window_official", DAOLI)):
        with pytest.raises(NotAllowed):
            decide_for(actor=stranger.actor(), party_id=party.pk, day=DAY)


@pytest.mark.django_db
def test_an_item_that_cannot_be_decided_that_day_says_so_and_stops_no_other() -> None:
    party = a_party(facts={"emp.insured_count": 12})
    source = (
        hiring("DATED")
        .replace(
            "conditions:",
            "parameters:\n  - {name: 门槛, values: [{from: 2020-01-01, to: 2026-11-30, value: 5}]}\nconditions:",
        )
        .replace(">= 10", ">= 门槛")
    )
    published_item("DATED", source=source)
    published_item("PLAIN", source=hiring("PLAIN"))
    found = decide_for(actor=SYSTEM, party_id=party.pk, day=DAY)
    assert [each.outcome for each in found] == ["entitled", "entitled"]
    found = decide_for(actor=SYSTEM, party_id=party.pk, day=date(2026, 12, 24))
    assert [each.code for each in found] == ["DATED", "PLAIN"]
    assert found[1].outcome == "entitled"


@pytest.mark.django_db
def test_the_stored_match_is_what_everybody_gets_live() -> None:
    imported_city(120, seed=3)
    published_examples()
    update_snapshot(actor=SYSTEM, now=NOW)
    rematch(actor=SYSTEM, now=NOW)
    outcomes: dict[str, int] = {}
    for party in Party.objects.order_by("pk"):
        live = decide_for(actor=SYSTEM, party_id=party.pk, day=DAY)
        stored = stored_for_party(party.pk)
        assert {each.item.version_id: each.outcome for each in live if each.outcome != "refused"} == stored
        for each in live:
            outcomes[each.outcome] = outcomes.get(each.outcome, 0) + 1
    assert min(outcomes.get(each, 0) for each in ("entitled", "undecided", "refused")) > 10
    for version in ItemVersion.objects.all():
        for number, fen in stored_parties(version.pk).items():
            live = decide_one(actor=SYSTEM, party_id=number, code=version.item.code, day=DAY)
            known = live.certain_fen if live.exact or live.certain_fen is None else None
            assert fen == known, (version.item.code, number)


@pytest.mark.django_db
def test_the_page_the_interface_and_the_command_line_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    imported_city(60, seed=5)
    published_examples("P009", "P012", "P026", "P069")
    update_snapshot(actor=SYSTEM, now=NOW)
    subjects = tmp_path / "city.parquet"
    write_snapshot(subjects)
    party = Party.objects.order_by("pk").first()
    assert party is not None
    client = browser(legal_representative_of(party).user)
    for live in decide_for(actor=SYSTEM, party_id=party.pk, day=DAY):
        by_interface = client.get(f"/api/v1/parties/{party.credit_code}/policies/{live.code}").json()
        page = client.get(f"/policies/mine/{party.pk}/{live.code}/")
        same = json.loads(json.dumps(live.explanation()))
        assert by_interface["explanation"] == same and page.context["explanation"] == live.explanation()
        assert by_interface["outcome"] == live.outcome and by_interface["certain_fen"] == live.certain_fen
        told = CliRunner().invoke(
            app,
            ["explain", live.code, "--policies", str(EXAMPLES), "--subjects", str(subjects),
             "--subject", str(party.credit_code), "--as-of", str(DAY), "--json"],
        )  # fmt: skip
        assert told.exit_code == 0, told.output
        said = json.loads(told.output)
        assert said.pop("subject") == party.credit_code
        shown = json.loads(json.dumps(live.explanation()))
        if any(map(is_personal, live.item.facts)):
            # The command line reads a file of one's own; elsewhere personal values are not shown.
            said, shown = (
                {name: each[name] for name in ("outcome", "amount", "missing")} for each in (said, shown)
            )
        assert said == shown


# --- what an enterprise tells itself ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_enterprise_supplies_a_fact_and_becomes_entitled() -> None:
    party = a_party(facts={"emp.insured_count": 12})
    source = hiring("RENT").replace(
        "benefit:", "  - {id: rent, text: 租用场地, clause: 二、, when: 月租金 > 0}\nbenefit:"
    )
    published_item("RENT", source=source)
    update_snapshot(actor=SYSTEM, now=NOW)
    rematch(actor=SYSTEM, now=NOW)
    who = legal_representative_of(party).actor()
    before = decide_one(actor=who, party_id=party.pk, code="RENT", day=DAY)
    assert (before.outcome, before.missing) == ("undecided", ("lease.monthly_rent",))
    with one_event("parties.fact_declared"):
        supply_fact(
            actor=who, party_id=party.pk, code="RENT", column="lease.monthly_rent", text="3000", now=NOW
        )
    assert decide_one(actor=who, party_id=party.pk, code="RENT", day=DAY).outcome == "entitled"
    rematch_parties(actor=SYSTEM, parties=[party.pk], now=NOW)
    assert list(stored_for_party(party.pk).values()) == ["entitled"]
    with no_event(), pytest.raises(CannotDeclare):
        supply_fact(actor=who, party_id=party.pk, code="RENT", column="emp.insured_count", text="99", now=NOW)


@pytest.mark.django_db
def test_what_is_said_of_an_application_counts_for_its_item_alone() -> None:
    party = a_party(facts={"emp.insured_count": 12})
    for code in ("ONE", "TWO"):
        published_item(
            code,
            source=hiring(code).replace(
                "benefit:", '  - {id: kind, text: 复核企业, clause: 二、, when: 申请类别 = "复核"}\nbenefit:'
            ),
        )
    update_snapshot(actor=SYSTEM, now=NOW)
    rematch(actor=SYSTEM, now=NOW)
    who = clerk_of(party, ("parties.view_own", "policies.match_own", "parties.declare_own")).actor()
    with one_event("policies.fact_declared"):
        supply_fact(actor=who, party_id=party.pk, code="ONE", column="apply.kind", text="复核", now=NOW)
    one, two = decide_for(actor=who, party_id=party.pk, day=DAY)
    assert (one.outcome, two.outcome) == ("entitled", "undecided")
    rematch_parties(actor=SYSTEM, parties=[party.pk], now=NOW)
    assert stored_for_party(party.pk) == {one.item.version_id: "entitled", two.item.version_id: "undecided"}
    # And in a run over everybody.
    ItemVersion.objects.update(note="")
    from yingshang.areas.policies.models import MatchBucket, MatchPart

    MatchPart.objects.all().delete()
    MatchBucket.objects.all().delete()
    rematch(actor=SYSTEM, now=NOW)
    assert stored_for_party(party.pk) == {one.item.version_id: "entitled", two.item.version_id: "undecided"}
    assert stored_parties(one.item.version_id) == {party.pk: 1_200_000}


# --- receipts ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_frozen_decision_can_be_made_again_after_everything_has_changed() -> None:
    party = a_party(facts={"emp.insured_count": 12})
    published_item()
    who = clerk_of(party, ("parties.view_own", "policies.match_own")).actor()
    with one_event("policies.decided") as events:
        receipt = freeze(actor=who, party_id=party.pk, code="HIRING", now=NOW)
    assert events[0]["after"]["digest"] == receipt.digest
    assert (receipt.outcome, receipt.certain_fen, len(receipt.code) > 10) == ("entitled", 1_200_000, True)
    assert [(each.column, each.value, each.source) for each in receipt.facts] == [
        ("emp.insured_count", "12", "人社局")
    ]
    told([{"subject": party.credit_code, "emp.insured_count": 3}], as_of=AS_OF + timedelta(days=1))
    with arranged():
        ItemVersion.objects.filter(item__code="HIRING").update(state="withdrawn", ended_at=NOW)
    again = reproduce(actor=who, receipt_id=receipt.id)
    assert again.same and again.outcome == "entitled"
    assert receipts_of(actor=who, party_id=party.pk)[0].id == receipt.id


@pytest.mark.django_db
def test_a_receipt_that_was_tampered_with_shows_it() -> None:
    party = a_party(facts={"emp.insured_count": 12})
    published_item()
    receipt = freeze(actor=SYSTEM, party_id=party.pk, code="HIRING", now=NOW)
    with arranged():
        row = DecisionReceipt.objects.get()
        row.facts["emp.insured_count"]["value"] = "30"
        row.save()
    again = reproduce(actor=SYSTEM, receipt_id=receipt.id)
    assert not again.same and not again.untouched
    assert "amount" in again.differences
    stranger = clerk_of(a_party(), ("parties.view_own", "policies.match_own")).actor()
    with pytest.raises(ReceiptNotFound):
        get_receipt(actor=stranger, receipt_id=receipt.id)


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["P009", "P026", "P012", "P080", "P090"])
def test_decisions_on_real_items_are_made_again_the_same(code: str) -> None:
    imported_city(12, seed=11)
    published_examples(code)
    decided = [decide_one(actor=SYSTEM, party_id=each.pk, code=code, day=DAY) for each in Party.objects.all()]
    for each in {one.outcome: one for one in decided}.values():
        receipt = freeze(actor=SYSTEM, party_id=each.party_id, code=code, now=NOW)
        assert reproduce(actor=SYSTEM, receipt_id=receipt.id).same


# --- officials --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_official_sees_the_entitled_of_their_reach() -> None:
    here, there = (
        a_party(facts={"emp.insured_count": 12}),
        a_party(region_code="230103", facts={"emp.insured_count": 13}),
    )
    more = a_party(facts={"emp.insured_count": 15})
    published_item()
    update_snapshot(actor=SYSTEM, now=NOW)
    rematch(actor=SYSTEM, now=NOW)
    found = matched_parties(actor=official("department_official", DAOLI).actor(), code="HIRING", limit=1)
    assert (found.total, [each.party.id for each in found.rows], found.next_after) == (2, [here.pk], here.pk)
    rest = matched_parties(actor=official("leader", DAOLI).actor(), code="HIRING", after=here.pk)
    assert [(each.party.id, each.amount_fen) for each in rest.rows] == [(more.pk, 1_500_000)]
    city = matched_parties(actor=official("leader", HARBIN).actor(), code="HIRING")
    assert {each.party.id for each in city.rows} == {here.pk, there.pk, more.pk}
    with pytest.raises(NotAllowed):
        matched_parties(actor=official("window_official", DAOLI).actor(), code="HIRING")
    assert Declaration.objects.count() == 0


@pytest.mark.django_db
def test_what_is_personal_counts_and_is_not_shown() -> None:
    party = a_party(facts={"emp.insured_count": 12, "owner.person_type": "自主就业退役士兵"})
    source = hiring("VETERAN").replace(
        "benefit:",
        '  - {id: who, text: 重点群体, clause: 二、, when: 经营者身份 = "脱贫人口"}\nbenefit:',
    )
    published_item("VETERAN", source=source)
    decided = decide_one(actor=SYSTEM, party_id=party.pk, code="VETERAN", day=DAY)
    assert decided.outcome == "refused"
    receipt = freeze(actor=SYSTEM, party_id=party.pk, code="VETERAN", now=NOW)
    shown = [
        json.dumps(decided.explanation(), ensure_ascii=False),
        *(each.text_zh() for each in decided.changes()),
        str(receipt),
    ]
    assert not any("退役士兵" in each for each in shown)
    assert reproduce(actor=SYSTEM, receipt_id=receipt.id).same
