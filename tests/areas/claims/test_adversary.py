"""What somebody might try, and what might go wrong at the edges: each a way around a promise that is not there."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from openpyxl import Workbook

from tests.areas.claims.automatic.list_factories import frozen_list, offered_list
from tests.areas.claims.factories import (
    YUAN,
    Claimed,
    Desk,
    account_of,
    another_claim,
    bank_says,
    checked_batch,
    desk,
    done,
    draft_claim,
    due_enterprise,
    fund,
    fundable_item,
    handed_in,
    payable_claim,
    sent_batch,
    submitted_claim,
    task_of,
    terms,
)
from tests.areas.claims.publicity.test_publicity import object_to_first, published
from tests.areas.claims.test_applying import MATERIALS, PNG
from tests.areas.policies.factories import hiring
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NOW,
    QIQIHAR,
    SYSTEM,
    Person,
    agency,
    arranged,
    clerk_of,
    no_event,
    official,
    one_event,
)
from yingshang.areas.claims.actions.add_material import add_file, promise_material, remove_material
from yingshang.areas.claims.actions.begin_claim import begin_claim, discard_claim
from yingshang.areas.claims.actions.keep_accounts import remove_account
from yingshang.areas.claims.actions.keep_funds import create_fund, set_budget
from yingshang.areas.claims.actions.prepare_batch import prepare_batch
from yingshang.areas.claims.actions.set_terms import Terms, set_terms
from yingshang.areas.claims.actions.submit_claim import submit_claim
from yingshang.areas.claims.actions.withdraw_claim import (
    confirm_as_representative,
    correct_account,
    resubmit_claim,
    withdraw_claim,
)
from yingshang.areas.claims.automatic.actions.answer_offer import say_wrong
from yingshang.areas.claims.automatic.actions.approve_list import approve_list
from yingshang.areas.claims.automatic.actions.strike import answer_remark
from yingshang.areas.claims.automatic.ending import end_offers
from yingshang.areas.claims.automatic.offering import offer_list
from yingshang.areas.claims.automatic.selectors import get_offer
from yingshang.areas.claims.awards import Award, Part, Share
from yingshang.areas.claims.drafts import draft_of
from yingshang.areas.claims.errors import (
    AlreadyClaimed,
    BatchNotFound,
    BudgetNotFound,
    ClaimNotFound,
    InvalidClaim,
    InvalidTerms,
    NotEntitled,
    NothingToPay,
    NotPossibleNow,
    TripNotFound,
)
from yingshang.areas.claims.journal import export_journal
from yingshang.areas.claims.line_tables import Column, read_line_table
from yingshang.areas.claims.models import (
    Budget,
    Claim,
    Fund,
    Instalment,
    OfferRemark,
    PayeeAccount,
    PaymentOrder,
    PublicityObjection,
    Reservation,
    Trip,
)
from yingshang.areas.claims.oversight import screening
from yingshang.areas.claims.oversight.actions.decide_trip import release_trip
from yingshang.areas.claims.parameters import limits
from yingshang.areas.claims.paying.actions.advance_instalments import drop_instalment
from yingshang.areas.claims.paying.books import check_books
from yingshang.areas.claims.paying.selectors import download_batch
from yingshang.areas.claims.publicity.actions.object_to_award import decide_objection
from yingshang.areas.claims.ranking.actions.close_ranking import close_ranking
from yingshang.areas.claims.reconsidering.actions.ask import ask_reconsideration
from yingshang.areas.claims.reconsidering.actions.decide import change_decision
from yingshang.areas.claims.reserving import reserve
from yingshang.areas.claims.selectors import claims, get_claim
from yingshang.areas.policies.api import ItemNotFound
from yingshang.kernel.access.api import Actor, ConflictingDuties
from yingshang.kernel.access.models import Appointment
from yingshang.kernel.flow import api as flow
from yingshang.kernel.parties.api import merge_parties

pytestmark = pytest.mark.django_db


def test_drafts_of_earlier_months_are_not_kept_in_stock() -> None:
    desk()
    claim = draft_claim(mode="instant", period="month")
    later = NOW + timedelta(days=20)
    account = account_of(claim.party, claim.who)
    actor = claim.who.actor(later)
    second = begin_claim(actor=actor, party_id=claim.party.pk, code="HIRING", now=later)
    assert second != claim.id
    with no_event(), pytest.raises(AlreadyClaimed):
        submit_claim(actor=actor, claim_id=claim.id, account_id=account, now=later)
    discard_claim(actor=actor, claim_id=second, now=later)
    assert submit_claim(actor=actor, claim_id=claim.id, account_id=account, now=later) == "payable"
    assert claim.row.period == "2026-12"


def half_paid() -> tuple[Claimed, Desk]:
    """Paid in part; the other instalment is due."""
    _, claim, people = sent_batch()
    with arranged():
        second = Instalment.objects.create(claim=claim.row, number=2, amount_fen=1000, state="due")
        Reservation.objects.create(budget=Budget.objects.get(), instalment=second, amount_fen=1000)
    bank_says(PaymentOrder.objects.get(), "paid")
    assert claim.row.state == "payable" and claim.row.paid_fen == 12_000 * YUAN
    return claim, people


def test_what_was_paid_in_part_is_not_withdrawn_and_claimed_anew() -> None:
    claim, _ = half_paid()
    with no_event(), pytest.raises(NotPossibleNow, match="paid already"):
        withdraw_claim(actor=claim.who.actor(), claim_id=claim.id, reason="", now=NOW)


def test_what_the_bank_says_it_paid_is_not_withdrawn_before_somebody_has_looked() -> None:
    _, claim, _ = sent_batch()
    bank_says(PaymentOrder.objects.get(), "rejected", reason_code="AC01", reason="账号错误")
    bank_says(PaymentOrder.objects.get(), "paid")
    assert claim.row.state == "account_wrong"
    with no_event(), pytest.raises(NotPossibleNow, match="bank says"):
        withdraw_claim(actor=claim.who.actor(), claim_id=claim.id, reason="", now=NOW)


def test_of_a_group_the_highest_is_paid_also_when_the_other_item_has_run_out() -> None:
    desk()
    grouped = hiring().replace("tags: [就业]", "stacking: {group: 招工, rule: highest}\ntags: [就业]")
    fundable_item(source=grouped.replace("to: 2027-12-31", "to: 2026-12-31"))
    fundable_item(
        "SECOND",
        source=grouped.replace("id: HIRING", "id: SECOND")
        .replace("1000 *", "1500 *")
        .replace("to: 2026", "to: 2027"),
    )
    number = fund()
    set_budget(
        actor=SYSTEM, fund_id=number, year=2027, level="city", amount_fen=10**9, reason="演示预算", now=NOW
    )
    for code in ("HIRING", "SECOND"):
        terms(code, mode="instant", fund_id=number)
    party, who = due_enterprise(12)
    account = account_of(party, who)
    awards = []
    for code, now in (("HIRING", NOW), ("SECOND", datetime.fromisoformat("2027-03-05T02:00:00+00:00"))):
        claim = begin_claim(actor=who.actor(now), party_id=party.pk, code=code, now=now)
        submit_claim(actor=who.actor(now), claim_id=claim, account_id=account, now=now)
        awards.append(Claim.objects.get(pk=claim).award_fen)
    assert awards == [12_000 * YUAN, 6_000 * YUAN]


def test_who_was_in_time_is_decided_on_though_the_policy_has_run_out_meanwhile() -> None:
    people = desk()
    fundable_item(
        source=hiring().replace("to: 2027-12-31", "to: 2026-12-31") + "quota: {count: 1, rank_by: 参保人数}\n"
    )
    number = fund()
    set_budget(
        actor=SYSTEM, fund_id=number, year=2027, level="city", amount_fen=10**9, reason="演示预算", now=NOW
    )
    terms(fund_id=number)
    claim = another_claim(number)
    handed_in(claim, now=datetime.fromisoformat("2026-12-31T15:59:00+00:00"))
    now = datetime.fromisoformat("2027-01-05T02:00:00+00:00")
    flow.return_case(
        actor=people.window.actor(now), task_id=task_of(claim, "accept"), what=["请补充"], now=now
    )
    assert draft_of(actor=claim.who.actor(now), claim_id=claim.id, now=now).outcome == "entitled"
    resubmit_claim(actor=claim.who.actor(now), claim_id=claim.id, now=now)
    for step, outcome in (("accept", "accepted"), ("review", "supported"), ("approve", "queued")):
        done(claim, people, step, outcome, now=now)
    close_ranking(actor=people.approver.actor(now), code="HIRING", period="2026", now=now)
    assert (claim.row.state, claim.row.award_fen) == ("approved", 12_000 * YUAN)
    late, who = due_enterprise()
    with no_event(), pytest.raises(ItemNotFound):
        begin_claim(actor=who.actor(now), party_id=late.pk, code="HIRING", now=now)


def test_terms_name_money_and_agencies_of_the_place_itself() -> None:
    fundable_item(source=hiring())
    number = fund()
    neighbours = create_fund(
        actor=SYSTEM,
        code="QIQIHAR",
        name="齐齐哈尔市就业补助资金",
        agency_id=agency(QIQIHAR).pk,
        region_path="2302",
        channel="演示",
        payer_name="齐齐哈尔市财政局（演示）",
        payer_account="6222000000000002",
        now=NOW,
    )
    who = official("department_official", HARBIN).actor()

    def given(**more: Any) -> None:
        values = {"agency_id": agency(HARBIN).pk, "mode": "online", "fund_id": number, **more}
        set_terms(actor=who, code="HIRING", terms=Terms(**values), now=NOW)

    with no_event(), pytest.raises(BudgetNotFound):
        given(fund_id=neighbours)
    for more in ({"agency_id": 999_999}, {"agency_id": agency(QIQIHAR).pk}, {"joint_agencies": [999_999]}):
        with no_event(), pytest.raises(InvalidTerms):
            given(**more)
    given(joint_agencies=[agency(DAOLI).pk])


def test_handed_in_again_it_is_as_complete_and_as_confirmed_as_the_first_time() -> None:
    people = desk()
    claim = draft_claim(materials=MATERIALS[1:], needs_representative=True)
    clerk = clerk_of(claim.party, ("claims.apply_own", "policies.match_own", "parties.view_own")).actor()
    promised = promise_material(actor=clerk, claim_id=claim.id, code="payroll", now=NOW)
    confirm_as_representative(actor=claim.who.actor(), claim_id=claim.id, now=NOW)
    handed_in(claim)
    flow.return_case(actor=people.window.actor(), task_id=task_of(claim, "accept"), what=["请补充"], now=NOW)
    remove_material(actor=clerk, claim_id=claim.id, material_id=promised, now=NOW)
    with no_event(), pytest.raises(InvalidClaim) as refusal:
        resubmit_claim(actor=clerk, claim_id=claim.id, now=NOW)
    assert refusal.value.details["field"] == "materials"
    promise_material(actor=clerk, claim_id=claim.id, code="payroll", now=NOW)
    with no_event(), pytest.raises(InvalidClaim) as refusal:
        resubmit_claim(actor=clerk, claim_id=claim.id, now=NOW)
    assert refusal.value.details["field"] == "representative"
    confirm_as_representative(actor=claim.who.actor(), claim_id=claim.id, now=NOW)
    resubmit_claim(actor=clerk, claim_id=claim.id, now=NOW)
    assert claim.row.state == "accepting"


def test_who_objects_does_not_decide_and_nobody_waits_for_an_answer_for_ever() -> None:
    found, number = published()
    official_himself = found.desk.window.actor()
    object_to_first(number, actor=official_himself)
    objection = PublicityObjection.objects.get()

    def decide(actor: Actor, upheld: bool) -> str:
        return decide_objection(
            actor=actor, objection_id=objection.pk, upheld=upheld, decision="已经核实", now=NOW
        )

    with no_event(), pytest.raises(ConflictingDuties):
        decide(official_himself, True)
    withdraw_claim(actor=found.people[0].actor(), claim_id=found.claim(0).pk, reason="", now=NOW)
    assert decide(found.desk.reviewer.actor(), False) == "withdrawn"
    objection.refresh_from_db()
    assert objection.state == "rejected"


def workbook(*, far: str = "", padding: int = 0) -> bytes:
    """A workbook with a header, a cell far away, or a sheet of so many blanks."""
    book, out, padded = Workbook(), io.BytesIO(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(["姓名"])
    sheet.append(["演示"])
    if far:
        sheet[far] = "x"
    book.save(out)
    with (
        zipfile.ZipFile(out) as old,
        zipfile.ZipFile(padded, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("sheet1.xml"):
                text = text.replace(b"<sheetData>", b"<sheetData>" + b" " * padding)
            new.writestr(name, text)
    return padded.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({}, ""),
        ({"far": "XFD1048576"}, "far outside"),
        ({"far": "B900000"}, "far outside"),
        ({"padding": 61_000_000}, "unpacked"),
    ],
)
def test_a_small_workbook_that_opens_vast_is_refused_unopened(content: dict[str, Any], told: str) -> None:
    table = read_line_table(workbook(**content), "名单.xlsx", [Column("name", "姓名")])
    assert [told in each.message for each in table.errors] == ([True] if told else [])


def test_no_claim_waits_for_ever_for_an_account_that_is_gone() -> None:
    claim, people = payable_claim()
    actor = claim.who.actor()
    remove_account(actor=actor, account_id=claim.row.account_id or 0, now=NOW)
    with no_event(), pytest.raises(NothingToPay):
        prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
    other = account_of(claim.party, claim.who, "6217000000000000026")
    with one_event("claims.account_corrected"):
        correct_account(actor=actor, claim_id=claim.id, account_id=other, now=NOW)
    assert prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)


def test_an_account_given_once_more_becomes_the_standing_one() -> None:
    party, who = due_enterprise()
    account_of(party, who, "6217000000000000026", standing=True)
    second = account_of(party, who)
    with one_event("claims.account_added"):
        assert account_of(party, who, standing=True) == second
    with no_event():
        account_of(party, who, standing=True)
    assert PayeeAccount.objects.get(standing=True).pk == second


def test_no_cell_of_the_journal_is_a_formula() -> None:
    number = fund()
    for amount, told in enumerate(("-2+3", "=1+1", "＝1+1", "\r=1"), 1):
        set_budget(
            actor=SYSTEM, fund_id=number, year=2026, level="city", amount_fen=amount, reason=told, now=NOW
        )
    text = "".join(export_journal(actor=SYSTEM, since=NOW.date(), until=NOW.date()))
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row if cell]
    assert not [each for each in cells if each[0] in "=+@＝\r" or each.startswith("-2")]
    assert "-0.01" in cells


def test_a_stop_of_a_whole_item_is_not_released_by_one_county() -> None:
    claim, _ = submitted_claim()
    found = {claim.id: {"burst_count": 300, "burst_usual": 1}}
    with arranged(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(screening, "gather", lambda *_, **__: found)
        assert screening.screen([claim.id], "submitted", now=NOW) == 1
    trip = Trip.objects.get()
    assert (trip.item_code, trip.region_path, claim.row.region_path) == ("HIRING", "2301", "230102")
    county = official("supervisor", DAOLI).actor()
    with no_event(), pytest.raises(TripNotFound):
        release_trip(actor=county, trip_id=trip.pk, reason="没有问题", now=NOW)


def test_an_award_of_which_nothing_is_left_does_not_wait_for_payment() -> None:
    claim, people = payable_claim()
    with arranged():
        Instalment.objects.update(state="waiting", code="later", condition="次年仍然在岗")
    drop_instalment(
        actor=people.approver.actor(), claim_id=claim.id, number=1, reason="次年没有在岗", now=NOW
    )
    row = claim.row
    assert (row.state, row.reason, Budget.objects.get().reserved_fen) == ("refused", "次年没有在岗", 0)
    assert not check_books()
    assert begin_claim(actor=claim.who.actor(), party_id=claim.party.pk, code="HIRING", now=NOW) != claim.id


def test_while_an_answer_is_waited_for_no_day_to_confirm_is_lost() -> None:
    found = offered_list(staff=(12, 15))
    claim, who = found.claim(0), found.people[0]
    say_wrong(actor=who.actor(), claim_id=claim.pk, text="人数不对", now=NOW)
    until, held = found.row.confirm_by, timedelta(days=60)
    assert until is not None
    answer_remark(
        actor=found.desk.reviewer.actor(NOW + held),
        remark_id=OfferRemark.objects.get().pk,
        answer="数据无误",
        now=NOW + held,
    )
    assert end_offers(actor=SYSTEM, now=NOW + held + timedelta(days=1)) == (0, 1)
    offer = get_offer(actor=who.actor(NOW + held), claim_id=claim.pk, today=NOW.date() + held)
    assert (offer.state, offer.answerable, offer.confirm_by) == ("offered", True, until + held)
    last = NOW + (until - NOW.date()) + held
    assert end_offers(actor=SYSTEM, now=last) == (0, 0)
    assert end_offers(actor=SYSTEM, now=last + timedelta(days=1)) == (0, 1)


def test_nobody_hears_of_a_list_before_it_was_approved() -> None:
    found = frozen_list(staff=(12,))
    actor = found.people[0].actor()
    assert claims(actor=actor).total == 0
    with pytest.raises(ClaimNotFound):
        get_claim(actor=actor, claim_id=found.claim(0).pk)
    with no_event(), pytest.raises(AlreadyClaimed) as refusal:
        begin_claim(actor=actor, party_id=found.parties[0].pk, code="HIRING", now=NOW)
    assert "claim" not in refusal.value.details and found.claim(0).number not in str(refusal.value)
    assert claims(actor=found.desk.reviewer.actor()).total == 1
    approve_list(actor=found.desk.approver.actor(), list_id=found.id, digest=found.row.digest, now=NOW)
    offer_list(actor=found.desk.approver.actor(), list_id=found.id, now=NOW)
    assert claims(actor=actor).total == 1


def test_each_county_bears_its_own_enterprises() -> None:
    claim = draft_claim()
    places = {
        place: set_budget(
            actor=SYSTEM,
            fund_id=claim.fund_id,
            year=2026,
            level="county",
            region_path=place,
            amount_fen=1000,
            reason="县区配套",
            now=NOW,
        )
        for place in ("230102", "230103")
    }
    money = Fund.objects.get(pk=claim.fund_id)
    award = Award(101, (Part("", "", 101),), (Share("city", 1), Share("county", 1)))
    with arranged():
        reserve([(claim.row, award)], fund=money, reference="claim:1", event_id=1, now=NOW)
    held = dict(Reservation.objects.values_list("budget", "amount_fen"))
    assert sum(held.values()) == 101 and held.pop(places["230102"]) == 50 and places["230103"] not in held


def test_an_account_taken_off_the_page_after_the_payment_is_still_known() -> None:
    _, first, _ = sent_batch()
    bank_says(PaymentOrder.objects.get(), "paid")
    number = PayeeAccount.objects.get().number
    remove_account(actor=first.who.actor(), account_id=first.row.account_id or 0, now=NOW)
    other = another_claim(first.fund_id, staff=13)
    account = account_of(other.party, other.who, number)
    submit_claim(actor=other.who.actor(), claim_id=other.id, account_id=account, now=NOW)
    assert Trip.objects.get().rule == "same_account"


def test_two_entries_of_one_enterprise_are_awarded_once() -> None:
    first, people = submitted_claim()
    second = another_claim(first.fund_id)
    handed_in(second)
    merge_parties(
        actor=SYSTEM, kept_id=first.party.pk, duplicate_id=second.party.pk, reason="重复登记", now=NOW
    )
    for claim in (first, second):
        done(claim, people, "accept", "accepted")
        done(claim, people, "review", "supported")
    done(first, people, "approve", "approved")
    with pytest.raises(NotEntitled, match="same item and period"), transaction.atomic():
        done(second, people, "approve", "approved")
    assert (second.row.state, Budget.objects.get().reserved_fen) == ("reviewing", 12_000 * YUAN)


def test_terms_are_set_by_the_day_in_china() -> None:
    fundable_item(source=hiring().replace("from: 2026-01-01", "from: 2026-11-24"))
    number = fund()
    after_midnight = datetime.fromisoformat("2026-11-23T17:00:00+00:00")
    values = Terms(agency_id=agency(HARBIN).pk, mode="online", fund_id=number)
    assert set_terms(actor=SYSTEM, code="HIRING", terms=values, now=after_midnight)


def test_a_material_has_so_many_files_and_no_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, settings: Any
) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"
    monkeypatch.setitem(limits()["material"], "most_files", 1)
    claim = draft_claim(materials=MATERIALS)
    actor = claim.who.actor()

    def upload() -> int:
        return add_file(actor=actor, claim_id=claim.id, code="licence", content=PNG, name="执照.png", now=NOW)

    upload()
    with no_event(), pytest.raises(InvalidClaim, match="in one file"):
        upload()


def both(one: Person, role: str, region_code: str) -> Person:
    """Somebody who has a second role elsewhere."""
    other = official(role, region_code)
    with arranged():
        Appointment.objects.filter(user=other.user).update(user=one.user)
    return one


def test_a_role_elsewhere_does_not_reach_further_than_its_place() -> None:
    batch, _, people = checked_batch()
    # Sees the money of the city, and pays in another.
    watcher = both(official("supervisor", HARBIN), "treasurer", QIQIHAR).actor()
    with no_event(), pytest.raises(BatchNotFound):
        download_batch(actor=watcher, batch_id=batch.pk, format="csv", now=NOW)
    download_batch(actor=people.checker.actor(), batch_id=batch.pk, format="csv", now=NOW)


def test_what_was_refused_wrongly_is_taken_up_again_though_the_policy_has_run_out() -> None:
    people = desk()
    fundable_item(source=hiring().replace("to: 2027-12-31", "to: 2026-12-31"))
    number = fund()
    set_budget(
        actor=SYSTEM, fund_id=number, year=2027, level="city", amount_fen=10**9, reason="演示预算", now=NOW
    )
    terms(fund_id=number)
    claim = another_claim(number)
    late, later = (datetime.fromisoformat(f"{day}T02:00:00+00:00") for day in ("2026-12-30", "2027-01-05"))
    handed_in(claim, now=late)
    done(claim, people, "accept", "accepted", now=late)
    done(claim, people, "review", "supported", now=late)
    done(claim, people, "approve", "refused", now=late, opinion="参保人数不足")
    asked = ask_reconsideration(
        actor=claim.who.actor(late), claim_id=claim.id, reasons="参保人数自上月起一直为12人", now=late
    )
    other = official("approver", HARBIN).actor(later)
    assert (
        change_decision(actor=other, reconsideration_id=asked, decision="予以更正", now=later) == "reviewing"
    )
    done(claim, people, "review", "supported", now=later)
    done(claim, people, "approve", "approved", now=later)
    assert (claim.row.state, claim.row.award_fen) == ("approved", 12_000 * YUAN)
