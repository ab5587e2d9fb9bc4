"""Several items in one go: begun together, completed once, handed in together or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.areas.claims.factories import account_of, desk, due_enterprise, fund, fundable_item, terms
from tests.areas.claims.test_applying import PNG
from tests.areas.claims.test_appointments import just_one
from tests.areas.policies.factories import hiring
from tests.kernel.access.factories import NOW, clerk_of, no_event
from yingshang.areas.claims.actions import bundles
from yingshang.areas.claims.actions.begin_claim import begin_claim
from yingshang.areas.claims.actions.bundles import begin_bundle, submit_bundle
from yingshang.areas.claims.bundles import bundle_choices, bundle_draft, bundled_with
from yingshang.areas.claims.errors import (
    BundleNotFound,
    ClaimNotFound,
    InvalidBundle,
    InvalidClaim,
    NotInBundle,
)
from yingshang.areas.claims.models import Claim, ClaimMaterial
from yingshang.areas.claims.selectors import claims
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.documents.models import Document
from yingshang.kernel.parties.api import PartyNotFound

pytestmark = pytest.mark.django_db

LICENCE = {"code": "m1", "name": "营业执照", "required": True}
CONTRACT = {"code": "m1", "name": "用工合同", "required": True, "commitment": True}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


def three_items() -> int:
    """Two that can be applied for together, and one for which somebody has to come."""
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
    for codes, refusal in ((["HIRING"], InvalidBundle), (["HIRING", "VISIT"], NotInBundle)):
        with no_event(), pytest.raises(refusal):
            begin_bundle(actor=actor, party_id=party.pk, codes=codes, now=NOW)
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
