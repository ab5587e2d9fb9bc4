"""The pages of an enterprise after a duplicate was merged into it: its addresses, what was begun for it, its people."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.kernel.access.factories import SYSTEM, clerk_of, legal_representative_of, one_event, person
from tests.kernel.parties.factories import a_party
from tests.processes.enterprise_binding.situations import last_code
from tests.processes.fact_objection.factories import (
    COLUMN,
    POWERS,
    SOURCE,
    City,
    a_city,
    again,
    open_task,
    submitted_objection,
)
from tests.web.desk.factories import signed_in
from yingshang.kernel.flow import api as flow
from yingshang.kernel.parties.api import merge_parties, record_contact, undo_merge
from yingshang.kernel.parties.models import Party
from yingshang.processes.enterprise_binding.api import (
    CodeExpired,
    confirm_binding,
    decide_clerk,
    request_binding,
)

pytestmark = pytest.mark.django_db


def merged(kept: Party, duplicate: Party) -> int:
    return merge_parties(
        actor=SYSTEM, kept_id=kept.pk, duplicate_id=duplicate.pk, reason="同一企业", now=timezone.now()
    )


@pytest.fixture
def city() -> City:
    return a_city()


def test_what_was_begun_for_a_duplicate_is_found_and_taken_back(city: City) -> None:
    now = timezone.now()
    row = submitted_objection(city, now=now)
    kept = a_party("演示保留的主体", facts={COLUMN: "12"}, source=SOURCE)
    clerk, stranger = signed_in(clerk_of(kept, POWERS)), signed_in(clerk_of(a_party(), POWERS))
    address = f"/objections/{row.pk}/"
    assert clerk.get(address).status_code == 404
    merge_id = merged(kept, city.party)
    for client in (clerk, signed_in(city.clerk)):
        for page in ("", "objections/", "missing", "views", "clerks/", f"facts/{COLUMN}"):
            shown = client.get(f"/enterprise/{city.party.pk}/{page}")
            assert shown.status_code == 200 and kept.name in shown.content.decode(), page
        assert row.number in client.get(f"/enterprise/{kept.pk}/objections/").content.decode()
        assert row.number in client.get(address).content.decode()
        opened = client.get(f"/enterprise/{city.party.pk}/objections/{COLUMN}/")
        assert (opened.status_code, opened.headers["Location"]) == (302, address)
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"/enterprise/{city.party.pk}/").status_code == 404
    assert clerk.post(f"{address}withdraw", {"reason": "已自行更正"}).status_code == 302
    assert again(row).state == "withdrawn"
    undo_merge(actor=SYSTEM, merge_id=merge_id, now=timezone.now())
    assert clerk.get(address).status_code == clerk.get(f"/enterprise/{city.party.pk}/").status_code == 404
    assert signed_in(city.clerk).get(address).status_code == 200


def test_what_was_asked_for_is_filled_in_again_by_the_clerk_of_the_other_entry(city: City) -> None:
    now = timezone.now()
    row = submitted_objection(city, now=now)
    task = open_task(city.window, row, now=now)
    flow.claim_task(actor=city.window.actor(now), task_id=task.id, now=now)
    flow.return_case(
        actor=city.window.actor(now), task_id=task.id, what=["凭证"], note_to_applicant="请补充", now=now
    )
    kept = a_party("演示保留的主体", facts={COLUMN: "12"}, source=SOURCE)
    client = signed_in(clerk_of(kept, POWERS))
    merged(kept, city.party)
    page = client.get(f"/objections/{row.pk}/again")
    assert page.status_code == 200 and "十月新增三人已参保" in page.content.decode()


def test_an_enterprise_stands_once_among_ones_own() -> None:
    kept, duplicate = a_party("演示保留的主体"), a_party("演示重复的主体")
    legal_representative_of(kept)
    left = legal_representative_of(duplicate)
    merged(kept, duplicate)
    assert "演示重复的主体" in signed_in(left).get(f"/enterprise/{duplicate.pk}/").content.decode()
    assert signed_in(left).get(f"/enterprise/{kept.pk}/").status_code == 404


def test_a_code_sent_to_a_duplicate_binds_nobody_after_the_merge() -> None:
    kept, duplicate = a_party("演示保留的主体"), a_party("演示重复的主体")
    for party, email in ((kept, "kept@enterprise.example"), (duplicate, "old@enterprise.example")):
        record_contact(actor=SYSTEM, party_id=party.pk, email=email, now=timezone.now())
    who, now = person(), timezone.now()
    view = request_binding(actor=who.actor(), credit_code=duplicate.credit_code or "", now=now)
    code = last_code()
    merged(kept, duplicate)
    with pytest.raises(CodeExpired):
        confirm_binding(actor=who.actor(), request_id=view.id, code=code, now=now)
    request_binding(actor=who.actor(), credit_code=duplicate.credit_code or "", now=now)
    confirm_binding(actor=who.actor(), request_id=view.id, code=last_code(), now=now)
    assert [each.party_id for each in who.actor().mandates] == [kept.pk]


def test_who_waits_to_be_a_clerk_of_a_duplicate_is_let_in_to_the_enterprise_that_is_kept() -> None:
    kept, duplicate = a_party("演示保留的主体"), a_party("演示重复的主体")
    record_contact(actor=SYSTEM, party_id=duplicate.pk, email="old@enterprise.example", now=timezone.now())
    boss = legal_representative_of(duplicate)
    who, now = person(), timezone.now()
    view = request_binding(actor=who.actor(), credit_code=duplicate.credit_code or "", now=now)
    confirm_binding(actor=who.actor(), request_id=view.id, code=last_code(), now=now)
    merged(kept, duplicate)
    page = signed_in(boss).get(f"/enterprise/{kept.pk}/clerks/").content.decode()
    assert str(who.user) in page
    decide_clerk(
        actor=boss.actor(), request_id=view.id, approve=True, powers=["parties.view_own"], now=timezone.now()
    )
    assert [each.party_id for each in who.actor().mandates] == [kept.pk]


def test_revoking_and_authorising_go_through_the_enterprise_that_is_kept() -> None:
    kept, duplicate = a_party("演示保留的主体"), a_party("演示重复的主体")
    boss, clerk = legal_representative_of(kept), clerk_of(duplicate)
    merged(kept, duplicate)
    (mandate,) = clerk.actor().mandates
    assert mandate.party_id == kept.pk
    number = clerk.user.mandates.get().pk
    with one_event("access.mandate_revoked"):
        signed_in(boss).post(f"/enterprise/{duplicate.pk}/clerks/{number}/revoke")
    assert clerk.actor().mandates == ()
