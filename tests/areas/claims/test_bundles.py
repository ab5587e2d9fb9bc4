"""Several items in one go: begun together, completed once, handed in together or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.areas.claims.factories import (
    account_of,
    another_claim,
    desk,
    due_enterprise,
    fund,
    fundable_item,
    service_window,
    terms,
)
from tests.areas.claims.test_applying import PNG
from tests.areas.claims.test_appointments import CHINA, just_one
from tests.areas.policies.factories import hiring
from tests.kernel.access.factories import (
    HARBIN,
    NANGANG,
    NOW,
    QIQIHAR,
    arranged,
    clerk_of,
    no_event,
    official,
)
from yingshang.areas.claims.actions import bundles
from yingshang.areas.claims.actions.add_material import add_file, remove_material
from yingshang.areas.claims.actions.begin_claim import begin_claim
from yingshang.areas.claims.actions.bundles import begin_bundle, submit_bundle
from yingshang.areas.claims.actions.withdraw_claim import withdraw_claim
from yingshang.areas.claims.appointments.actions import serve
from yingshang.areas.claims.appointments.actions.change_appointment import book_again, cancel_appointment
from yingshang.areas.claims.appointments.actions.serve import accept_at_window, note_missed
from yingshang.areas.claims.appointments.jobs import remind_of_visits
from yingshang.areas.claims.appointments.places import companions
from yingshang.areas.claims.appointments.selectors import get_visit, visit_with, windows_of_claim
from yingshang.areas.claims.bundles import bundle_choices, bundle_draft, bundled_with
from yingshang.areas.claims.errors import (
    AppointmentNotFound,
    BundleNotFound,
    ClaimNotFound,
    InvalidBundle,
    InvalidClaim,
    NotInBundle,
    SlotTaken,
)
from yingshang.areas.claims.models import Appointment, Claim, ClaimMaterial, ItemTerms
from yingshang.areas.claims.selectors import claims
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.documents.api import DocumentNotFound, get_document
from yingshang.kernel.documents.models import Document
from yingshang.kernel.parties.api import PartyNotFound

pytestmark = pytest.mark.django_db

LICENCE = {"code": "m1", "name": "营业执照", "required": True}
CONTRACT = {"code": "m1", "name": "用工合同", "required": True, "commitment": True}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


def three_items() -> int:
    """Two that can be applied for together, and one for which somebody has to come, though no window is open."""
    number = fund()
    for code, more in (
        ("HIRING", {"materials": [LICENCE, {**CONTRACT, "code": "m2"}]}),
        ("TRAINING", {"materials": [CONTRACT, {**LICENCE, "code": "m2"}], "needs_representative": True}),
        ("VISIT", {"mode": "once"}),
    ):
        fundable_item(code, source=hiring(code))
        terms(code, fund_id=number, **more)
    return number


def test_one_page_one_file_one_confirmation_one_submission() -> None:
    desk()
    three_items()
    party, who = due_enterprise()
    actor, account = who.actor(), account_of(party, who)
    choices = bundle_choices(actor=actor, party_id=party.pk, now=NOW)
    assert [(each.code, each.single) for each in choices] == [
        ("HIRING", False),
        ("TRAINING", False),
        ("VISIT", True),
    ]
    with no_event(), pytest.raises(InvalidBundle):
        begin_bundle(actor=actor, party_id=party.pk, codes=["HIRING"], now=NOW)
    ItemTerms.objects.filter(item_code="VISIT").update(mode="automatic")
    with no_event(), pytest.raises(NotInBundle):
        begin_bundle(actor=actor, party_id=party.pk, codes=["HIRING", "VISIT"], now=NOW)
    ItemTerms.objects.filter(item_code="VISIT").update(mode="once")
    assert not Claim.objects.exists()
    # A draft there is already is taken in.
    there = begin_claim(actor=actor, party_id=party.pk, code="TRAINING", now=NOW)
    with just_one("claims.bundle_begun"):
        number = begin_bundle(actor=actor, party_id=party.pk, codes=["TRAINING", "HIRING"], now=NOW)
    assert set(Claim.objects.values_list("bundle", flat=True)) == {number}
    page = bundle_draft(actor=actor, number=number, now=NOW)
    assert there in {each.claim.summary.id for each in page.drafts}
    assert page.expected_fen == 2 * 12_000 * 100
    assert {(each.name, len(each.items), each.complete) for each in page.materials} == {
        ("营业执照", 2, False),
        ("用工合同", 2, False),
    }
    given: dict[str, Any] = {"actor": actor, "bundle": number, "now": NOW}
    with no_event(), pytest.raises(InvalidBundle):
        bundles.add_file_to_bundle(**given, material="毕业证书", content=PNG, name="a.png")
    bundles.add_file_to_bundle(**given, material="营业执照", content=PNG, name="执照.png")
    assert Document.objects.count() == 1
    # The same paper under the code each item has for it.
    assert {each.origin: each.code for each in ClaimMaterial.objects.all()} == {
        "uploaded": "m2",
        "earlier": "m1",
    }
    bundles.promise_in_bundle(**given, material="用工合同")
    bundles.remove_from_bundle(**given, material="用工合同")
    bundles.promise_in_bundle(**given, material="用工合同")
    page = bundle_draft(actor=actor, number=number, now=NOW)
    assert all(each.complete for each in page.materials)
    # All or none: what lacks is named, and the one that could be handed in is not.
    with no_event(), pytest.raises(InvalidClaim) as refused:
        submit_bundle(**given, account_id=account)
    assert "法定代表人" in (refused.value.message_zh or "") and "“" in (refused.value.message_zh or "")
    assert set(Claim.objects.values_list("state", flat=True)) == {"draft"}
    bundles.confirm_bundle(**given)
    with just_one("claims.bundle_submitted"):
        states = submit_bundle(**given, account_id=account)
    assert set(states.values()) == {"accepting"}
    with no_event(), pytest.raises(BundleNotFound):
        submit_bundle(**given, account_id=account)
    together = bundled_with(actor=actor, claim_id=there)
    assert len(together) == 2 and {each.bundle for each in together} == {number}
    assert claims(actor=actor, bundle=number).total == 2
    # Each has a life of its own from here: nothing more can be chosen, and the cases are two.
    assert [each.code for each in bundle_choices(actor=actor, party_id=party.pk, now=NOW)] == ["VISIT"]
    assert Claim.objects.values("case_id").distinct().count() == 2


def test_who_sees_one_of_the_claims_opens_its_file_and_nothing_else() -> None:
    three_items()
    party, who = due_enterprise()
    actor = who.actor()
    number = begin_bundle(actor=actor, party_id=party.pk, codes=["TRAINING", "HIRING"], now=NOW)
    given: dict[str, Any] = {"actor": actor, "bundle": number, "now": NOW, "content": PNG, "name": "a.png"}
    bundles.add_file_to_bundle(**given, material="营业执照")
    lent = ClaimMaterial.objects.get(origin="earlier")
    owner = ClaimMaterial.objects.get(origin="uploaded").claim_id
    own = add_file(actor=actor, claim_id=owner, code="m2", content=PNG, name="b.png", now=NOW)
    only = ClaimMaterial.objects.get(pk=own).document_id
    # An official who reaches the claim it was lent to, and not the one whose file it is.
    with arranged():
        Claim.objects.filter(pk=lent.claim_id).update(region_path="2302")
    there, elsewhere = (official("department_official", each).actor() for each in (QIQIHAR, NANGANG))
    stranger = due_enterprise()[1].actor()
    assert lent.document_id is not None and only is not None
    assert get_document(actor=there, document_id=lent.document_id).owner.identifier == str(owner)
    refused = [(there, only), (elsewhere, lent.document_id), (stranger, lent.document_id)]
    # Taken off that claim again, it is the first one's alone.
    remove_material(actor=actor, claim_id=lent.claim_id, material_id=lent.pk, now=NOW)
    for reader, document in [*refused, (there, lent.document_id)]:
        with pytest.raises(DocumentNotFound):
            get_document(actor=reader, document_id=document)


def items_with_visits() -> dict[str, Any]:
    """One item without a visit, two for which somebody comes to the one agency; handed in together, as given."""
    desk()
    window = service_window(places=1)
    number = fund()
    for code, mode, asked in (
        ("HIRING", "online", []),
        ("TRAINING", "once", [LICENCE]),
        ("VISIT", "once", [CONTRACT]),
    ):
        fundable_item(code, source=hiring(code))
        terms(code, fund_id=number, mode=mode, materials=asked)
    party, who = due_enterprise()
    actor, codes = who.actor(), ["HIRING", "TRAINING", "VISIT"]
    bundle = begin_bundle(actor=actor, party_id=party.pk, codes=codes, now=NOW)
    account = account_of(party, who)
    [visit] = bundle_draft(actor=actor, number=bundle, now=NOW).visits
    assert (len(visit.items), visit.bring, [each.id for each in visit.windows]) == (
        2,
        ("营业执照", "用工合同"),
        [window],
    )
    return {
        "given": {"actor": actor, "bundle": bundle, "account_id": account, "now": NOW},
        "visit": visit,
        "slots": [each.starts_at for each in visit.windows[0].slots],
    }


def submitted_with_a_visit() -> tuple[dict[str, Any], list[Claim]]:
    found = items_with_visits()
    visit, slots = found["visit"], found["slots"]
    states = submit_bundle(**found["given"], visits={visit.agency_id: (visit.windows[0].id, slots[0])})
    assert sorted(states.values()) == ["accepting", "appointed", "appointed"]
    return found, list(Claim.objects.filter(mode="once").order_by("pk"))


def test_one_visit_takes_one_place_for_everything_of_an_agency() -> None:
    found = items_with_visits()
    given, visit, slots = found["given"], found["visit"], found["slots"]
    # Nothing is handed in without a time, nor with one that is gone meanwhile: not even what needs no visit.
    with no_event(), pytest.raises(InvalidClaim) as refused:
        submit_bundle(**given)
    assert refused.value.details["field"] == "appointment" and "“" in (refused.value.message_zh or "")
    with pytest.raises(SlotTaken):
        submit_bundle(**given, visits={visit.agency_id: (visit.windows[0].id, NOW)})
    assert set(Claim.objects.values_list("state", flat=True)) == {"draft"}
    assert not Appointment.objects.exists()
    page = bundle_draft(actor=given["actor"], number=given["bundle"], now=NOW)
    assert {(each.name, each.required, each.original) for each in page.materials} == {
        ("营业执照", False, True),
        ("用工合同", False, True),
    }
    submit_bundle(**given, visits={visit.agency_id: (visit.windows[0].id, slots[0])})
    first, second = Appointment.objects.order_by("pk")
    assert (first.place, second.place, second.beside_id) == (1, 1, first.pk)
    # The window has room for one at a time: the visit counts once, and nobody else gets the time.
    other = another_claim(ItemTerms.objects.values_list("fund", flat=True)[0], code="VISIT")
    [choice] = windows_of_claim(actor=other.who.actor(), claim_id=other.id, now=NOW)
    assert [(each.starts_at, each.left) for each in choice.slots[:2]] == [(slots[0], 0), (slots[1], 1)]
    day_before = slots[0].astimezone(CHINA).replace(hour=9) - timedelta(days=1)
    assert remind_of_visits(now=day_before) == 1


def test_a_visit_moves_and_ends_together_and_who_stays_keeps_the_place() -> None:
    found, (first, second) = submitted_with_a_visit()
    actor, slots, window = found["given"]["actor"], found["slots"], found["visit"].windows[0].id
    book_again(actor=actor, claim_id=second.pk, window_id=window, starts_at=slots[2], now=NOW)
    booked = Appointment.objects.filter(state="booked").order_by("pk")
    assert [(each.claim_id, each.starts_at) for each in booked] == [
        (first.pk, slots[2]),
        (second.pk, slots[2]),
    ]
    assert [each.claim_id for each in visit_with(actor=actor, claim_id=first.pk)] == [second.pk]
    # The one that holds the place is withdrawn: the other holds it from then on.
    withdraw_claim(actor=actor, claim_id=first.pk, reason="", now=NOW)
    [row] = Appointment.objects.filter(state="booked")
    assert (row.claim_id, row.beside_id) == (second.pk, None)
    assert visit_with(actor=actor, claim_id=second.pk) == ()
    cancel_appointment(actor=actor, claim_id=second.pk, now=NOW)
    assert not Appointment.objects.filter(state="booked").exists()


def test_the_window_serves_each_and_notes_once_that_nobody_came() -> None:
    found, (first, second) = submitted_with_a_visit()
    at = found["slots"][0]
    clerk = official("window_official", HARBIN).actor(at)
    rows = {each.claim_id: each.pk for each in Appointment.objects.all()}
    visit = get_visit(actor=clerk, appointment_id=rows[first.pk])
    assert [(each.claim_id, each.beside) for each in visit.others] == [(second.pk, True)]
    sid = transaction.savepoint()
    accept_at_window(actor=clerk, appointment_id=rows[first.pk], seen=["m1"], now=at)
    assert Claim.objects.get(pk=second.pk).state == "appointed"
    accept_at_window(actor=clerk, appointment_id=rows[second.pk], seen=["m1"], now=at)
    assert set(Appointment.objects.values_list("state", flat=True)) == {"came"}
    transaction.savepoint_rollback(sid)
    note_missed(actor=clerk, appointment_id=rows[second.pk], now=at)
    assert set(Appointment.objects.values_list("state", flat=True)) == {"missed"}
    # Given back or missed, they come together again.
    book_again(
        actor=found["given"]["actor"],
        claim_id=first.pk,
        window_id=found["visit"].windows[0].id,
        starts_at=found["slots"][3],
        now=NOW,
    )
    assert Appointment.objects.filter(state="booked", starts_at=found["slots"][3]).count() == 2


def test_who_is_taken_in_by_another_clerk_meanwhile_is_not_noted_as_missed(monkeypatch: Any) -> None:
    found, (first, second) = submitted_with_a_visit()
    at = found["slots"][0]
    clerk, other = (official("window_official", HARBIN).actor(at) for _ in range(2))
    rows = {each.claim_id: each.pk for each in Appointment.objects.all()}
    elsewhere = official("window_official", QIQIHAR).actor(at)
    with no_event(), pytest.raises(AppointmentNotFound):
        note_missed(actor=elsewhere, appointment_id=rows[first.pk], now=at)

    def raced(claim: Claim) -> tuple[int, ...]:
        seen = companions(claim)
        accept_at_window(actor=other, appointment_id=rows[first.pk], seen=["m1"], now=at)
        return seen

    monkeypatch.setattr(serve, "companions", raced)
    note_missed(actor=clerk, appointment_id=rows[second.pk], now=at)
    states = dict(Appointment.objects.values_list("claim", "state"))
    assert states == {first.pk: "came", second.pk: "missed"}
    assert Claim.objects.get(pk=first.pk).state == "reviewing"


def test_others_and_those_who_may_not_find_no_bundle() -> None:
    three_items()
    party, who = due_enterprise()
    number = begin_bundle(actor=who.actor(), party_id=party.pk, codes=["TRAINING", "HIRING"], now=NOW)
    stranger = due_enterprise()[1].actor()
    clerk = clerk_of(party, ("claims.apply_own", "policies.match_own", "parties.view_own")).actor()
    with no_event(), pytest.raises(PartyNotFound):
        begin_bundle(actor=stranger, party_id=party.pk, codes=["TRAINING", "HIRING"], now=NOW)
    with no_event(), pytest.raises(BundleNotFound):
        submit_bundle(actor=stranger, bundle=number, account_id=1, now=NOW)
    with pytest.raises(BundleNotFound):
        bundle_draft(actor=stranger, number=number, now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        bundles.confirm_bundle(actor=clerk, bundle=number, now=NOW)
    alone = Claim.objects.get(item_code="HIRING").pk
    with no_event(), pytest.raises(ClaimNotFound):
        bundles.leave_bundle(actor=stranger, claim_id=alone, now=NOW)
    with just_one("claims.bundle_left"):
        bundles.leave_bundle(actor=clerk, claim_id=alone, now=NOW)
    with no_event(), pytest.raises(BundleNotFound):
        bundles.leave_bundle(actor=clerk, claim_id=alone, now=NOW)
    assert len(bundle_draft(actor=clerk, number=number, now=NOW).drafts) == 1
