"""Binding reviews: due at the desk, decided beside the evidence, overseen without names."""

from __future__ import annotations

import pytest

from tests.kernel.access.factories import DAOLI, HARBIN, QIQIHAR, no_event, official
from tests.processes.enterprise_binding.situations import asked, in_state
from tests.web.desk.factories import signed_in
from yingshang.kernel.access.models import Mandate
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.processes.enterprise_binding.models import BindingRequest

pytestmark = pytest.mark.django_db


def test_a_review_is_due_at_its_desk_and_nowhere_else() -> None:
    found = in_state("in_review")
    page = signed_in(found.reviewer).get("/desk/?kind=binding").content.decode()
    assert f"/desk/bindings/{found.request.id}/" in page and "个工作日" in page
    elsewhere = signed_in(official("window_official", QIQIHAR))
    assert f"/desk/bindings/{found.request.id}/" not in elsewhere.get("/desk/").content.decode()
    assert elsewhere.get(f"/desk/bindings/{found.request.id}/").status_code == 404


def test_the_evidence_stands_beside_the_decision() -> None:
    found = in_state("in_review")
    page = signed_in(found.reviewer).get(f"/desk/bindings/{found.request.id}/").content.decode()
    assert "联系人已离职" in page and found.party.name in page
    assert "法定代表人" in page and "作出决定" in page
    assert found.party.contact_email not in page  # masked


@pytest.mark.parametrize(("decision", "state"), [("approve", "approved"), ("refuse", "refused")])
def test_a_decision_needs_a_reason_and_is_made_once(decision: str, state: str) -> None:
    found = in_state("in_review")
    client, address = signed_in(found.reviewer), f"/desk/bindings/{found.request.id}/"
    values = {"decision": decision, "found_as": "clerk"}
    with no_event():
        assert client.post(address, {**values, "reason": ""}).status_code == 422
    assert client.post(address, {**values, "reason": "已看营业执照与委托书"}).status_code == 302
    assert BindingRequest.objects.get(pk=found.request.id).state == state
    assert Mandate.objects.filter(user=found.requester.user).exists() == (decision == "approve")
    with no_event():
        again = client.post(address, {**values, "reason": "再来一次"})
    assert again.status_code == 422
    assert "作出决定" not in client.get(address).content.decode()


def test_the_list_shows_states_in_words_and_filters() -> None:
    found = in_state("in_review")
    client = signed_in(found.reviewer)
    assert "待窗口核实" in client.get("/desk/bindings/").content.decode()
    assert "没有符合条件的记录" in client.get("/desk/bindings/?state=approved").content.decode()
    assert AuditEvent.objects.exists()


def test_requests_are_found_by_enterprise_code_and_who_asks() -> None:
    found = in_state("in_review")
    client, elsewhere = signed_in(found.reviewer), signed_in(official("window_official", QIQIHAR))
    address = f"/desk/bindings/{found.request.id}/"
    for text in (found.party.name[2:6], found.request.credit_code[:8].lower(), found.requester.user.name):
        assert address in client.get("/desk/search/", {"text": text}).content.decode(), text
        assert address in client.get("/desk/bindings/", {"text": text}).content.decode(), text
        assert address not in elsewhere.get("/desk/search/", {"text": text}).content.decode(), text
    assert address not in client.get("/desk/bindings/", {"text": "没有这样的"}).content.decode()


def test_those_who_supervise_see_what_waits_without_the_names_of_people() -> None:
    found = in_state("in_review")
    page = signed_in(official("leader", HARBIN)).get("/desk/?kind=binding").content.decode()
    assert found.party.name in page
    assert str(found.requester.user) not in page
    assert found.party.name not in signed_in(official("leader", QIQIHAR)).get("/desk/").content.decode()


def test_what_was_never_put_before_a_desk_is_not_there() -> None:
    found = asked(region=DAOLI)
    assert signed_in(found.reviewer).get(f"/desk/bindings/{found.request.id}/").status_code == 404
