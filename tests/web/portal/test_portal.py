"""The portal by requests: who sees what, what is said when nothing is known, what is written down."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from tests.kernel.access.factories import (
    DAOLI,
    PASSWORD,
    Person,
    clerk_of,
    enterprise,
    legal_representative_of,
    no_event,
    official,
    one_event,
    person,
)
from tests.processes.enterprise_binding.situations import last_code, wrong
from yingshang.kernel.access.api import note_personal_view
from yingshang.kernel.access.models import Mandate, PersonalDataView
from yingshang.processes.enterprise_binding.models import BindingRequest

from .factories import announced, known_enterprise

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(who: Person) -> Client:
    client = Client()
    response = client.post("/account/login/", {"login": who.user.username, "password": PASSWORD})
    assert response.status_code == 302, response.content.decode()[:400]
    return client


def test_facts_stand_under_their_source_with_date_and_staleness(tmp_path: Path) -> None:
    party = known_enterprise(tmp_path)
    html = signed_in(legal_representative_of(party)).get(f"/enterprise/{party.pk}/").content.decode()
    assert "人社局" in html and "统计局" in html and "市场监管局" in html
    assert "104 人" in html, "the newer of two statements"
    assert "96 人" not in html
    assert html.count("可能已过期") > 1
    assert "＊＊＊" in html, "personal data is masked"


def test_an_enterprise_without_facts_is_unknown_not_nought() -> None:
    party = enterprise()
    client = signed_in(legal_representative_of(party))
    assert "还没有部门提供过数据" in client.get(f"/enterprise/{party.pk}/").content.decode()
    missing = client.get(f"/enterprise/{party.pk}/missing").content.decode()
    assert "从业人员" in missing and "未知不等于没有" in missing


def test_personal_data_is_shown_to_who_may_see_it_and_that_is_noted(tmp_path: Path) -> None:
    party = known_enterprise(tmp_path)
    boss, clerk = legal_representative_of(party), clerk_of(party)
    assert "＊＊＊" in signed_in(clerk).get(f"/enterprise/{party.pk}/?personal=1").content.decode()
    assert not PersonalDataView.objects.exists()
    client = signed_in(boss)
    assert "＊＊＊" not in client.get(f"/enterprise/{party.pk}/?personal=1").content.decode()
    view = PersonalDataView.objects.get()
    assert (view.actor_id, view.party_id) == (str(boss.id), party.pk)
    for address in (f"/enterprise/{party.pk}/views", "/personal-views"):
        assert boss.user.name in client.get(address).content.decode()


def test_what_was_seen_is_said_in_words(tmp_path: Path) -> None:
    party = known_enterprise(tmp_path)
    note_personal_view(
        actor=official("department_official", DAOLI).actor(),
        party_id=party.pk,
        fields=["contact_phone", "hires", "no.longer.declared"],
        purpose="核对",
        now=timezone.now(),
    )
    client = signed_in(legal_representative_of(party))
    for address in (f"/enterprise/{party.pk}/views", "/personal-views"):
        assert "联系电话、新招用人员、no.longer.declared" in client.get(address).content.decode()


@pytest.mark.parametrize("page", ["", "missing", "clerks/", "views", "facts/emp.total"])
def test_others_enterprises_are_not_found(page: str) -> None:
    mine, theirs = enterprise(), enterprise()
    client = signed_in(legal_representative_of(mine))
    assert client.get(f"/enterprise/{theirs.pk}/{page}").status_code == 404
    assert client.get("/enterprise/999999/").status_code == 404
    # Officials look at enterprises on the workbench, where it is their work.
    assert (
        signed_in(official("department_official", DAOLI)).get(f"/enterprise/{mine.pk}/{page}").status_code
        == 403
    )


def test_searching_within_facts_and_exporting_them(tmp_path: Path) -> None:
    party = known_enterprise(tmp_path)
    client = signed_in(legal_representative_of(party))
    found = client.get(f"/enterprise/{party.pk}/", {"text": "参保"}).content.decode()
    assert "参保人数" in found and "注册资本" not in found
    nothing = client.get(f"/enterprise/{party.pk}/", {"text": "天气"}).content.decode()
    assert "没有这样的数据" in nothing
    response = client.get(f"/enterprise/{party.pk}/", {"export": "csv"})
    text = b"".join(response).decode("utf-8-sig")  # type: ignore[arg-type]
    assert "参保人数,104,人,人社局" in text
    book = client.get(f"/enterprise/{party.pk}/", {"export": "xlsx"})
    rows = list(load_workbook(io.BytesIO(b"".join(book))).active.values)  # type: ignore[union-attr,arg-type]
    assert rows[0][:3] == ("项目", "内容", "单位") and len(rows) == 10


def test_the_history_of_a_fact_comes_as_a_fragment_and_as_a_page(tmp_path: Path) -> None:
    party = known_enterprise(tmp_path)
    client = signed_in(legal_representative_of(party))
    address = f"/enterprise/{party.pk}/facts/emp.insured_count"
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and "104 人" in fragment and "96 人" in fragment
    assert "<html" in client.get(address).content.decode()
    assert client.get(f"/enterprise/{party.pk}/facts/no.such").status_code == 404


def test_the_portrait_asks_the_same_number_of_questions_for_any_number_of_facts(tmp_path: Path) -> None:
    few, many = enterprise(), known_enterprise(tmp_path)

    def queries(party_id: int, client: Client) -> int:
        client.get(f"/enterprise/{party_id}/")
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/enterprise/{party_id}/")
        return len(asked)

    counts = [queries(party.pk, signed_in(legal_representative_of(party))) for party in (few, many)]
    assert counts[0] == counts[1] <= 16


def test_a_clerk_is_authorised_and_revoked_with_one_event_each() -> None:
    party = enterprise()
    boss, clerk = legal_representative_of(party), person()
    client = signed_in(boss)
    form = {"username": clerk.user.username, "powers": ["parties.view_own"]}
    with one_event("access.mandate_granted"):
        assert client.post(f"/enterprise/{party.pk}/clerks/", form).status_code == 302
    mandate = Mandate.objects.get(user=clerk.user)
    with one_event("access.mandate_revoked"):
        client.post(f"/enterprise/{party.pk}/clerks/{mandate.pk}/revoke")
    assert "已经结束的授权" in client.get(f"/enterprise/{party.pk}/clerks/").content.decode()


def test_refusals_stand_in_the_form_and_write_nothing() -> None:
    party = enterprise()
    boss = legal_representative_of(party)
    client = signed_in(boss)
    with no_event():
        unknown = client.post(
            f"/enterprise/{party.pk}/clerks/", {"username": "nobody", "powers": ["parties.view_own"]}
        )
        oneself = client.post(
            f"/enterprise/{party.pk}/clerks/",
            {"username": boss.user.username, "powers": ["parties.view_own"]},
        )
        powerless = client.post(
            f"/enterprise/{party.pk}/clerks/", {"username": "nobody", "powers": ["parties.merge"]}
        )
    assert unknown.status_code == 404 and 'role="alert"' in unknown.content.decode()
    assert 400 <= oneself.status_code < 500
    assert powerless.status_code == 200


def test_a_clerk_cannot_authorise_but_can_leave() -> None:
    party = enterprise()
    clerk, other = clerk_of(party), person()
    client = signed_in(clerk)
    page = client.get(f"/enterprise/{party.pk}/clerks/").content.decode()
    assert "授权一位经办人" not in page
    client.post(
        f"/enterprise/{party.pk}/clerks/", {"username": other.user.username, "powers": ["parties.view_own"]}
    )
    assert not Mandate.objects.filter(user=other.user).exists()
    mandate = Mandate.objects.get(user=clerk.user)
    response = client.post(f"/enterprise/{party.pk}/clerks/{mandate.pk}/revoke")
    assert response["Location"] == "/enterprise/"
    assert client.get(f"/enterprise/{party.pk}/").status_code in (403, 404)


def test_several_enterprises_and_switching_between_them() -> None:
    first, second = enterprise(), enterprise()
    who = legal_representative_of(first)
    client = signed_in(who)
    assert client.get("/enterprise/")["Location"] == f"/enterprise/{first.pk}/"
    from tests.kernel.access.factories import NOW, SYSTEM
    from yingshang.kernel.access.api import grant_mandate

    grant_mandate(actor=SYSTEM, user_id=who.id, party_id=second.pk, now=NOW)
    chooser = client.get("/enterprise/").content.decode()
    assert first.name in chooser and second.name in chooser
    assert second.name in client.get(f"/enterprise/{first.pk}/").content.decode(), "the switch"
    client.get(f"/enterprise/{second.pk}/")
    assert client.get("/enterprise/")["Location"] == f"/enterprise/{second.pk}/", "the one looked at last"


def test_binding_with_the_code_of_the_registered_contact() -> None:
    party, who = enterprise(email="office@enterprise.example"), person()
    client = signed_in(who)
    response = client.post("/enterprise/bind/", {"credit_code": f" {(party.credit_code or '').lower()} "})
    address = response["Location"]
    page = client.get(address).content.decode()
    assert "o***" in page and party.name not in page, (
        "the name is told only to who proved to know the contact"
    )
    bad = client.post(f"{address}confirm", {"code": wrong(last_code())})
    assert bad.status_code == 422 and "还可以试4次" in bad.content.decode()
    good = client.post(f"{address}confirm", {"code": last_code()})
    assert good["Location"] == "/enterprise/"
    assert client.get("/enterprise/")["Location"] == f"/enterprise/{party.pk}/"


def test_binding_asks_the_legal_representative_for_consent() -> None:
    party, who = enterprise(email="office@enterprise.example"), person()
    boss = legal_representative_of(party)
    client = signed_in(who)
    address = client.post("/enterprise/bind/", {"credit_code": party.credit_code})["Location"]
    client.post(f"{address}confirm", {"code": last_code()})
    assert "请他同意" in client.get(address).content.decode()
    answering = signed_in(boss)
    assert who.user.name in answering.get(f"/enterprise/{party.pk}/clerks/").content.decode()
    number = BindingRequest.objects.get().pk
    assert (
        client.post(f"/enterprise/{party.pk}/clerks/asked/{number}", {"answer": "approve"}).status_code == 403
    )
    answering.post(f"/enterprise/{party.pk}/clerks/asked/{number}", {"answer": "approve"})
    assert "绑定成功" in client.get(address).content.decode()


def test_binding_without_a_contact_goes_to_the_desk_and_can_be_withdrawn() -> None:
    official("window_official", DAOLI)
    party, who = enterprise(), person()
    client = signed_in(who)
    address = client.post("/enterprise/bind/", {"credit_code": party.credit_code})["Location"]
    assert "前核实并答复" in client.get(address).content.decode()
    client.post(f"{address}withdraw")
    assert BindingRequest.objects.get().state == "withdrawn"
    wrong_code = client.post("/enterprise/bind/", {"credit_code": "91230102MA0000000X"})
    assert wrong_code.status_code >= 400 or "alert" in wrong_code.content.decode()
    assert signed_in(person()).get(address).status_code == 404, "others' requests"


def test_messages_are_one_s_own() -> None:
    who, other = person(), person()
    announced(who, "演示通知", link="/enterprise/")
    client, stranger = signed_in(who), signed_in(other)
    assert "演示通知的内容" in client.get("/messages/").content.decode()
    assert "演示通知" not in stranger.get("/messages/").content.decode()
    from yingshang.kernel.notices.models import Message

    number = Message.objects.get().pk
    assert stranger.post(f"/messages/{number}/read").status_code == 404
    assert client.post(f"/messages/{number}/read", {"open": "1"})["Location"] == "/enterprise/"
    assert "没有未读消息" in client.get("/messages/?show=unread").content.decode()
    assert client.get("/messages/?page=99").status_code == 200


def test_the_search_box_finds_pages_facts_and_codes(tmp_path: Path, client: Client) -> None:
    party = known_enterprise(tmp_path)
    signed = signed_in(legal_representative_of(party))
    assert "参保人数" in signed.get("/search", {"text": "参保"}).content.decode()
    assert (
        f"/verify/{party.credit_code}" in client.get("/search", {"text": party.credit_code}).content.decode()
    )
    assert "参保人数" not in client.get("/search", {"text": "参保"}).content.decode()
    assert "核验" in client.get("/search", {"text": "核验"}).content.decode()
    hostile = client.get("/search", {"text": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in hostile


def test_the_first_page_makes_up_no_figures(client: Client) -> None:
    html = client.get("/").content.decode()
    assert "还没有开通" in html
    import re

    main = re.sub(r"<[^>]+>", " ", html[html.index("<main") : html.index("</main>")])
    assert re.findall(r"\d{2,}", main) == []


def test_five_wrong_passwords_lock_the_door(client: Client) -> None:
    who = person()
    for _ in range(5):
        response = client.post("/account/login/", {"login": who.user.username, "password": "wrong"})
    response = client.post("/account/login/", {"login": who.user.username, "password": PASSWORD})
    assert response.status_code in (403, 429)
    assert "暂时不能登录" in response.content.decode()


def test_too_many_requests_and_an_expired_page_say_so_in_our_words(client: Client) -> None:
    checking = Client(enforce_csrf_checks=True)
    expired = checking.post("/account/login/", {"login": "x", "password": "y"})
    assert expired.status_code == 403 and "页面已过期" in expired.content.decode()
    for number in range(40):
        response = client.post("/account/login/", {"login": f"nobody{number}", "password": "wrong"})
    assert response.status_code == 429 and "请求太频繁" in response.content.decode()
