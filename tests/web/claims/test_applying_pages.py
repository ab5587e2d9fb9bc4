"""The portal's pages of claims, walked as an enterprise walks them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.areas.claims.factories import (
    Claimed,
    account_of,
    approved_claim,
    bank_says,
    desk,
    draft_claim,
    due_enterprise,
    fund,
    fundable_item,
    sent_batch,
    service_window,
    terms,
)
from tests.areas.claims.test_applying import LINES, MATERIALS, PNG
from tests.areas.claims.test_claim_forms import CERTIFICATE, published_form
from tests.areas.claims.test_line_tables import HEADER, ROW, book
from tests.areas.policies.factories import hiring
from tests.kernel.access.factories import HARBIN, official
from tests.kernel.parties.factories import told
from tests.web.desk.factories import signed_in
from yingshang.areas.claims.models import Appointment, Claim, PaymentOrder, ServiceWindow

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


def words(response: Any) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.status_code
    return words(response)


def test_an_instant_claim_from_the_item_to_the_queue_for_payment() -> None:
    desk()
    fundable_item(source=re.sub(r"to: 20\d\d-12-31", "to: 2099-12-31", hiring()))
    terms(mode="instant", fund_id=fund())
    party, who = due_enterprise()
    client = signed_in(who)
    item = client.get(f"/policies/parties/{party.pk}/items/HIRING/")
    assert item.status_code in {200, 404}
    begun = client.post(f"/claims/parties/{party.pk}/items/HIRING/begin")
    claim = Claim.objects.get()
    assert begun["Location"] == f"/claims/{claim.pk}/draft/"
    text = page(client, f"/claims/{claim.pk}/draft/")
    assert "12,000.00" in text and "先添加一个企业自己名下的收款账户" in text and "100%" in text
    assert "受理到2099年12月31日" in text and "以服务器时间（北京时间）为准" in text
    wrong = client.post(f"/claims/parties/{party.pk}/accounts/", {"channel": "bank", "number": "12"})
    assert wrong.status_code == 400 and "8至30位数字" in words(wrong)
    saved = client.post(
        f"/claims/parties/{party.pk}/accounts/?claim={claim.pk}",
        {"channel": "bank", "number": "6217000000000000018", "bank_name": "演示银行", "standing": "on"},
    )
    assert saved.status_code == 302
    assert "0018" in page(client, f"/claims/{claim.pk}/draft/")
    nothing = client.post(f"/claims/{claim.pk}/submit", {})
    assert nothing.status_code == 400 and "请选择收款账户" in words(nothing)
    claim.refresh_from_db()
    account = party_account(claim)
    client.post(f"/claims/{claim.pk}/submit", {"account": account})
    # A second click, or a colleague's, is shown what there is.
    again = client.post(f"/claims/{claim.pk}/submit", {"account": account})
    assert again["Location"] == f"/claims/{claim.pk}/"
    text = page(client, f"/claims/{claim.pk}/")
    assert "待拨付" in text and "即时核准" in text and "判定凭证" in text
    assert "待拨付" in page(client, f"/claims/parties/{party.pk}/")


def party_account(claim: Claim) -> int:
    from yingshang.areas.claims.models import PayeeAccount

    return PayeeAccount.objects.get(party=claim.party).pk


def test_materials_and_lines_on_the_draft() -> None:
    claim = draft_claim(materials=MATERIALS, lines=LINES)
    client = signed_in(claim.who)
    here = f"/claims/{claim.id}"
    assert "营业执照" in page(client, f"{here}/draft/")
    empty = client.post(f"{here}/materials/licence", {})
    assert empty.status_code == 400 and "请选择要上传的文件" in words(empty)
    strange = client.post(f"{here}/materials/licence", {"file": SimpleUploadedFile("a.exe", b"MZ")})
    assert strange.status_code == 400
    client.post(f"{here}/materials/licence", {"file": SimpleUploadedFile("执照.png", PNG)})
    client.post(f"{here}/materials/payroll", {"promise": "1"})
    text = page(client, f"{here}/draft/")
    assert "执照.png" in text and "已承诺" in text
    wrong = book(HEADER[:4], [*ROW[:2], "=1+1", ROW[3]])
    refused = client.post(f"{here}/lines", {"file": SimpleUploadedFile("名单.xlsx", wrong)})
    assert refused.status_code == 400 and "是公式" in words(refused)
    client.post(f"{here}/lines", {"file": SimpleUploadedFile("名单.xlsx", book(HEADER[:4], ROW[:4]))})
    assert "已导入1行" in page(client, f"{here}/draft/")
    template = client.get(f"{here}/lines/template")
    assert template.status_code == 200 and template.content[:2] == b"PK"


def shown(claim: Claimed) -> str:
    return page(signed_in(claim.who), f"/claims/{claim.id}/")


def test_an_approved_claim_is_withdrawn() -> None:
    claim, _ = approved_claim()
    client = signed_in(claim.who)
    assert "已核准" in shown(claim) and "撤回申请" in shown(claim)
    client.post(f"/claims/{claim.id}/withdraw", {"reason": "不需要了"})
    assert "已撤回" in shown(claim)


def test_another_account_after_the_bank_refused_the_first() -> None:
    _, claim, _ = sent_batch()
    bank_says(PaymentOrder.objects.get(), "rejected", reason="户名不符", now=datetime.now(UTC))
    assert "户名不符" in shown(claim)
    client = signed_in(claim.who)
    assert "添加账户" in page(client, f"/claims/{claim.id}/account")
    other = account_of(claim.party, claim.who, "6217000000000000026")
    client.post(f"/claims/{claim.id}/account", {"account": other})
    assert "待拨付" in shown(claim)


def test_others_find_nothing() -> None:
    claim = draft_claim()
    stranger = signed_in(due_enterprise()[1])
    for address in ("", "draft/", "account"):
        assert stranger.get(f"/claims/{claim.id}/{address}").status_code == 404
    assert stranger.get(f"/claims/parties/{claim.party.pk}/").status_code == 404
    assert stranger.get(f"/claims/parties/{claim.party.pk}/accounts/").status_code == 404


def test_once_from_the_item_over_the_window_to_the_review() -> None:
    people = desk()
    service_window(places=1)
    # Appointments are made at the real time, and the item has to be open then.
    fundable_item(source=re.sub(r"to: 20\d\d-12-31", "to: 2099-12-31", hiring()))
    terms(mode="once", fund_id=fund(), materials=MATERIALS)
    party, who = due_enterprise()
    client = signed_in(who)
    client.post(f"/claims/parties/{party.pk}/items/HIRING/begin")
    claim = Claim.objects.get()
    assert "选择窗口和时间" in page(client, f"/claims/{claim.pk}/draft/")
    here = f"/claims/{claim.pk}/appointment/"
    assert "先添加一个企业自己名下的收款账户" in page(client, here)
    account = account_of(party, who)
    text = page(client, here)
    assert "道里区上游街1号" in text and "请带上原件：营业执照、工资发放凭证" in text
    times = re.findall(r'name="starts_at" value="([^"]+)"', client.get(here).content.decode())
    window = ServiceWindow.objects.get().pk
    nothing = client.post(here, {"window": window, "account": account})
    assert nothing.status_code == 422 and "请选择时间" in words(nothing)
    wrong = client.post(
        here, {"window": window, "account": account, "starts_at": "2020-01-01T09:00:00+08:00"}
    )
    assert wrong.status_code == 422 and "请另选时间" in words(wrong)
    assert client.post(here, {"window": window, "starts_at": times[0]}).status_code == 422
    done = client.post(here, {"window": window, "account": account, "starts_at": times[0]})
    assert done["Location"] == f"/claims/{claim.pk}/"
    assert "待窗口办理" in page(client, f"/claims/{claim.pk}/")
    client.post(here, {"window": window, "starts_at": times[1]})
    client.post(f"/claims/{claim.pk}/appointment/cancel")
    assert "现在没有预约" in page(client, f"/claims/{claim.pk}/")
    client.post(here, {"window": window, "starts_at": times[2]})
    assert "改约窗口时间" in page(client, f"/claims/{claim.pk}/")
    booked = Appointment.objects.get(state="booked")
    # At the window.
    clerk = signed_in(people.window)
    day = timezone.localdate(booked.starts_at)
    assert party.name in page(clerk, f"/desk/claims/appointments/?day={day}")
    visit = f"/desk/claims/appointments/{booked.pk}/"
    assert "核验原件并受理" in page(clerk, visit) and "登记未到" not in page(clerk, visit)
    lacking = clerk.post(f"{visit}accept", {"seen": ["licence"]})
    assert lacking.status_code == 422 and "还缺：工资发放凭证" in words(lacking)
    empty = clerk.post(f"{visit}missing", {"what": " "})
    assert empty.status_code == 422 and "每行一项" in words(empty)
    clerk.post(f"{visit}missed")
    assert Appointment.objects.filter(state="booked").exists()
    taken = clerk.post(f"{visit}accept", {"seen": ["licence", "payroll"]})
    assert taken["Location"] == f"/desk/claims/{claim.pk}/"
    assert "审核中" in page(client, f"/claims/{claim.pk}/")
    assert "窗口已核验原件" in page(clerk, f"/desk/claims/{claim.pk}/")
    assert "已受理" in page(clerk, visit)
    assert signed_in(due_enterprise()[1]).get(here).status_code == 404


def test_windows_are_kept_on_the_desk() -> None:
    people = desk()
    number = service_window()
    terms(fundable_item(source=hiring()), mode="once", fund_id=fund())
    client = signed_in(people.reviewer)
    assert "惠企政策窗口" in page(client, "/desk/claims/windows/")
    given = {
        "agency_id": ServiceWindow.objects.get().agency_id,
        "name": "东窗口",
        "address": "二楼",
        "minutes": 20,
        "places": 3,
        "closed_on": "2026-12-31",
        "active": "on",
        "hours-TOTAL_FORMS": 2,
        "hours-INITIAL_FORMS": 0,
        "hours-0-weekday": 1,
        "hours-0-opens_at": "09:00",
    }
    half = client.post("/desk/claims/windows/new", given)
    assert half.status_code == 422 and "星期、开始和结束都要填写" in words(half)
    late = client.post("/desk/claims/windows/new", {**given, "hours-0-closes_at": "08:00"})
    assert late.status_code == 422 and "结束须晚于开始" in words(late)
    assert client.post("/desk/claims/windows/new", {**given, "hours-0-closes_at": "11:00"}).status_code == 302
    assert "东窗口" in page(client, "/desk/claims/windows/")
    assert "09:00" in client.get(f"/desk/claims/windows/{number}/").content.decode()
    same = client.post(f"/desk/claims/windows/{number}/", {**given, "hours-0-closes_at": "11:00"})
    assert same.status_code == 422 and "请换一个名称" in words(same)
    assert signed_in(people.window).get("/desk/claims/windows/").status_code == 403


def test_several_items_on_one_page_with_a_form_and_a_certificate() -> None:
    desk()
    number = fund()
    lasting = re.sub(r"to: 20\d\d-12-31", "to: 2099-12-31", hiring("TRAINING"))
    certificate = {**CERTIFICATE, "required": False}
    fundable_item(source=re.sub(r"to: 20\d\d-12-31", "to: 2099-12-31", hiring()))
    fundable_item("TRAINING", source=lasting)
    terms(fund_id=number, materials=[*MATERIALS, certificate], form_code=published_form())
    terms("TRAINING", fund_id=number, materials=MATERIALS, needs_representative=True)
    party, who = due_enterprise()
    account = account_of(party, who)
    client = signed_in(who)
    choose = f"/claims/parties/{party.pk}/bundle/"
    assert choose in client.get(f"/claims/parties/{party.pk}/").content.decode()
    assert f"/claims/parties/{party.pk}/items/HIRING/begin" in client.get(choose).content.decode()
    assert "须单独申请" not in page(client, choose)
    one = client.post(choose, {"code": ["HIRING"]})
    assert one.status_code == 422 and "至少选择两个" in words(one)
    here = client.post(choose, {"code": ["HIRING", "TRAINING"]})["Location"]
    assert "营业执照" in page(client, here) and "24,000.00" in page(client, here)
    nothing = client.post(f"{here}material", {"material": "营业执照"})
    assert nothing.status_code == 400 and "请选择要上传的文件" in words(nothing)
    client.post(f"{here}material", {"material": "营业执照", "file": SimpleUploadedFile("执照.png", PNG)})
    client.post(f"{here}material", {"material": "工资发放凭证", "promise": "1"})
    client.post(f"{here}material", {"material": "工资发放凭证", "remove": "1"})
    client.post(f"{here}material", {"material": "工资发放凭证", "promise": "1"})
    unknown = client.post(f"{here}material", {"material": CERTIFICATE["name"], "known": "1"})
    assert unknown.status_code == 400 and "请上传" in words(unknown)
    told([{"subject": party.credit_code, "name": party.name, "ent.qualification": "高新技术企业"}])
    assert "用这条数据，不用上传" in page(client, here)
    client.post(f"{here}material", {"material": CERTIFICATE["name"], "known": "1"})
    refused = client.post(f"{here}submit", {"account": account})
    assert refused.status_code == 400 and "资金用途说明" in words(refused)
    claim = Claim.objects.get(item_code="HIRING")
    form = f"/claims/{claim.pk}/form/"
    assert party.name in page(client, form)
    wrong = client.post(form, {"name": party.name, "staff": "12", "purpose": "", "amount": "10.00"})
    assert wrong.status_code in {400, 422}
    filled = client.post(form, {"name": party.name, "staff": "12", "purpose": "loan", "amount": "10.00"})
    assert filled["Location"] == here, words(filled)[:400]
    assert "重新填写" in page(client, f"/claims/{claim.pk}/draft/")
    client.post(f"{here}confirm")
    assert client.post(f"{here}submit", {}).status_code == 400
    done = client.post(f"{here}submit", {"account": account})
    assert done.status_code == 302, words(done)[:400]
    text = page(client, f"/claims/{claim.pk}/")
    assert "一并申请的事项" in text and "用途贷款" in text and "高新技术企业" in text
    claim.refresh_from_db()
    assert client.get(here)["Location"].endswith(claim.bundle)
    listed = page(client, f"/claims/parties/{party.pk}/?text={claim.bundle}")
    assert listed.count("待受理") >= 2
    reader = signed_in(official("department_official", HARBIN))
    assert "贷款" in page(reader, f"/desk/claims/{claim.pk}/")
    stranger = signed_in(due_enterprise()[1])
    assert stranger.get(here).status_code == 404 and stranger.get(choose).status_code == 404
    assert stranger.post(f"{here}submit", {"account": account}).status_code == 404


def test_a_visit_is_chosen_on_the_page_of_several_items_and_served_at_one_window() -> None:
    people = desk()
    number, window = fund(), service_window()
    for code, mode in (("HIRING", "online"), ("TRAINING", "once"), ("VISIT", "once")):
        fundable_item(code, source=re.sub(r"to: 20\d\d-12-31", "to: 2099-12-31", hiring(code)))
        terms(code, fund_id=number, mode=mode, materials=MATERIALS if mode == "once" else [])
    party, who = due_enterprise()
    account, client = account_of(party, who), signed_in(who)
    codes = {"code": ["HIRING", "TRAINING", "VISIT"]}
    here = client.post(f"/claims/parties/{party.pk}/bundle/", codes)["Location"]
    shown = client.get(here).content.decode()
    field, value = re.findall(r'name="(visit-\d+)" value="(\d+\|[^"]+)"', shown)[0]
    assert "到窗口带原件" in shown and value.startswith(f"{window}|")
    for wrong in ("", f"{window}|soon", f"x|{value}"):
        refused = client.post(f"{here}submit", {"account": account, field: wrong})
        assert refused.status_code == 400 and "请选择窗口和时间" in words(refused)
    gone = client.post(f"{here}submit", {"account": account, field: f"{window}|2020-01-06T09:00:00+08:00"})
    assert gone.status_code == 400 and "请另选时间" in words(gone)
    assert client.post(f"{here}submit", {"account": account, field: value}).status_code == 302
    first, second = Claim.objects.filter(mode="once").order_by("pk")
    own = page(client, f"/claims/{first.pk}/")
    assert "同一次到窗口还办理" in own and second.item_name in own
    rows = {each.claim_id: each for each in Appointment.objects.all()}
    clerk = signed_in(people.window)
    day = timezone.localdate(rows[first.pk].starts_at)
    assert "同一企业，同一次到窗口" in page(clerk, f"/desk/claims/appointments/?day={day}")
    visit = f"/desk/claims/appointments/{rows[first.pk].pk}/"
    assert second.item_name in page(clerk, visit)
    accepted = clerk.post(f"{visit}accept", {"seen": [each["code"] for each in MATERIALS]})
    assert accepted["Location"] == f"/desk/claims/appointments/{rows[second.pk].pk}/"
