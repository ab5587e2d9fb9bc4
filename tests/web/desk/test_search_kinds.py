"""The search over everything finds work as well as parties: cases, mass messages, flows, forms, each for whom they are."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.areas.policies import factories as policies
from tests.kernel.access.factories import HARBIN, NOW, QIQIHAR, SYSTEM, arranged, official, region
from tests.kernel.flow import factories as flow
from tests.kernel.flow.factories import heard  # noqa: F401  (a fixture)
from tests.kernel.parties.factories import region_tree
from tests.web.desk.factories import signed_in
from yingshang.kernel.clock import api as clock
from yingshang.kernel.documents import api as documents
from yingshang.kernel.flow.models import Definition
from yingshang.web.desk.searching import search_kinds

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


def found(client: Client, text: str) -> str:
    return str(client.get("/desk/search/", {"text": text}).content.decode())


def test_a_case_is_found_by_its_number_its_title_and_its_enterprise() -> None:
    case = flow.open_case()
    client = signed_in(flow.window())
    for text in (case.number, case.subject.title, case.party_name):
        assert f"/desk/cases/{case.id}/" in found(client, text), text


def test_a_case_of_another_region_is_not() -> None:
    case = flow.open_case()
    client = signed_in(official("window_official", QIQIHAR))
    assert f"/desk/cases/{case.id}/" not in found(client, case.number)


def test_flows_and_forms_are_for_who_manages_them() -> None:
    flow.definition()
    with arranged():
        Definition.objects.update(region_path=region(HARBIN).path)
    administrator = signed_in(official("administrator", HARBIN))
    assert "/administration/flows/sample/" in found(administrator, "sample")
    assert "/administration/flows/" not in found(signed_in(official("leader", HARBIN)), "sample")


@pytest.mark.parametrize(
    "role", ["administrator", "department_official", "leader", "operator", "policy_author"]
)
def test_every_kind_answers_whatever_is_typed(role: str) -> None:
    client = signed_in(official(role, HARBIN))
    for text in ("a", "-", "%", "9" * 80, "YY-00", "\x01"):
        assert client.get("/desk/search/", {"text": text}).status_code == 200, text


def test_kinds_have_icons_and_lists_of_their_own() -> None:
    kinds = search_kinds()
    assert len({kind.list_view for kind in kinds}) == len(kinds) >= 15


def test_policies_templates_ladders_and_regions_are_found_within_reach() -> None:
    region_tree()
    who = policies.author()
    written = policies.written_item(actor=who.actor())
    document = policies.issued_document(actor=who.actor())
    author = signed_in(who)
    assert f"/desk/policies/items/{written}/" in found(author, "吸纳就业")
    assert f"/desk/policies/items/{written}/" in found(author, "hiring")
    assert f"/desk/policies/documents/{document}/" in found(author, "若干措施")
    elsewhere = signed_in(policies.author(QIQIHAR))
    assert f"/desk/policies/items/{written}/" not in found(elsewhere, "吸纳就业")
    assert "/administration/regions/230102/" in found(signed_in(official("leader", HARBIN)), "道里")
    with arranged():
        documents.load_defaults(actor=SYSTEM, region_path="2301", now=NOW)
        clock.load_defaults(actor=SYSTEM, region_path="2301", now=NOW)
    administrator = signed_in(official("administrator", HARBIN))
    assert "/administration/documents/policy_review_opinion/" in found(administrator, "审查意见书")
    assert "/administration/ladders/standard/" in found(administrator, "standard")
    assert "policy_review_opinion" not in found(author, "审查意见书")
