"""Contracts on the desk: written down by forms, reviewed, performed, changed; the list, and what is due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.areas.contracts.factories import Unit, contract_row, obligation_row, supplier, unit
from tests.kernel.access.factories import DAOLI, NANGANG, NOW, official
from tests.kernel.access.test_accounts import logged_in
from tests.kernel.documents.factories import JPEG, word_document
from yingshang.areas.contracts.models import Contract, EmptyQuarter, Obligation, Performance, Supplement
from yingshang.kernel.documents.models import Document

pytestmark = pytest.mark.django_db
LIST, NEW = "contracts_desk:contracts", "contracts_desk:new"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))


def _page(number: int) -> str:
    return reverse("contracts_desk:contract", args=[number])


def _step(browser: Client, number: int, what: str, row: int | None = None, /, **sent: object) -> Any:
    name, arguments = ("step", [number, what]) if row is None else ("row-step", [number, what, row])
    return browser.post(reverse(f"contracts_desk:{name}", args=arguments), sent)


def _written(people: Unit, party: Any, **more: object) -> dict[str, object]:
    return {
        "agency_id": str(people.agency.pk),
        "title": "道里区老旧小区改造施工合同",
        "reference": "住建合〔2026〕7号",
        "kind": "construction",
        "counterparty_kind": "enterprise",
        "counterparty_name": party.name,
        "counterparty_code": party.credit_code,
        "counterparty_size": "small",
        "direction": "pays",
        "amount_fen": "100万元",
        "signed_on": "2026-03-02",
        "starts_on": "2026-03-02",
        "ends_on": "2027-03-01",
        "secrecy": "open",
        **more,
    }


def _rows(*rows: dict[str, object]) -> dict[str, object]:
    told: dict[str, object] = {
        "obligations-TOTAL_FORMS": str(len(rows)),
        "obligations-INITIAL_FORMS": str(len(rows)),
    }
    for number, row in enumerate(rows):
        told |= {f"obligations-{number}-{name}": value for name, value in row.items()}
    return told


DELIVER: dict[str, object] = {
    "side": "counterparty",
    "kind": "deliver",
    "title": "交付",
    "way": "on",
    "on": "2026-06-30",
}
PAY: dict[str, object] = {
    "side": "unit",
    "kind": "pay",
    "title": "支付进度款",
    "share": "60",
    "way": "after",
    "event": "delivered",
    "number": "30",
    "unit": "days",
}
FEES: dict[str, object] = {
    "side": "unit",
    "kind": "pay",
    "title": "支付监理费",
    "amount_fen": "1,000.50",
    "way": "every",
    "number": "3",
    "unit": "months",
    "starts": "2026-03-31",
    "until": "2026-12-31",
    "reserved": "no",
}


def test_from_the_form_to_the_register_by_forms_alone(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    people, party = unit(), supplier().party
    clerk, reviewer = logged_in(people.administrator), logged_in(people.reviewer)
    assert clerk.get(reverse(NEW)).status_code == 200
    sent = {**_written(people, party), **_rows(DELIVER, PAY, FEES, {"side": "unit", "way": "on"})}
    # Nothing that was written is lost when something is wrong, and each mistake stands at its field.
    wrong = clerk.post(
        reverse(NEW), {**sent, "do": "submit", "amount_fen": "-5", "obligations-1-event": "", "ends_on": ""}
    )
    shown = wrong.content.decode()
    assert wrong.status_code == 422 and "道里区老旧小区改造施工合同" in shown and "支付监理费" in shown
    assert not Contract.objects.exists()
    wrong = clerk.post(reverse(NEW), {**sent, "do": "submit", "amount_fen": "-5"}).content.decode()
    assert "金额不能为负数" in wrong
    assert (
        "折算后的人民币金额"
        in clerk.post(reverse(NEW), {**sent, "do": "save", "amount_fen": "100 USD"}).content.decode()
    )
    # One more row, one less, and the usual ones of the kind: the form changes and nothing is judged.
    more = clerk.post(reverse(NEW), {**sent, "do": "add", "title": ""})
    assert more.status_code == 200 and 'name="obligations-4-kind"' in more.content.decode()
    less = clerk.post(reverse(NEW), {**sent, "remove": "0"}).content.decode()
    assert 'name="obligations-3-kind"' not in less and "支付监理费" in less
    usual = clerk.post(reverse(NEW), {**_written(people, party), **_rows(), "do": "propose"}).content.decode()
    assert "返还质量保证金" in usual and "2027-03-01" in usual
    pdf = SimpleUploadedFile("合同.docx", b"no document", content_type="application/octet-stream")
    assert clerk.post(reverse(NEW), {**sent, "do": "save", "file": pdf}).status_code == 422
    assert not Contract.objects.exists()

    assert clerk.post(reverse(NEW), {**sent, "do": "submit"}).status_code == 302
    row = Contract.objects.get()
    assert (row.state, row.amount_fen, row.party_id) == ("submitted", 100_000_000, party.pk)
    made = list(Obligation.objects.order_by("ordinal").values_list("kind", "amount_fen", "state"))
    assert made[0] == ("deliver", None, "running") and made[1] == ("pay", 60_000_000, "waiting")
    assert len(made) == 6 and {each[1] for each in made[2:]} == {100_050}
    # The same again is refused with the one there is.
    again = clerk.post(reverse(NEW), {**sent, "do": "save"})
    assert again.status_code == 422 and row.number in again.content.decode()
    # Who wrote it down does not review it; who reviews it sends it back, and then registers it.
    assert "审核通过" not in clerk.get(_page(row.pk)).content.decode()
    assert _step(clerk, row.pk, "register").status_code == 403
    assert _step(reviewer, row.pk, "return", reason="").status_code == 422
    assert _step(reviewer, row.pk, "return", reason="请补充编号").status_code == 302
    change = reverse("contracts_desk:change", args=[row.pk])
    # A file of the draft that was added by mistake goes again; later none does.
    paper = SimpleUploadedFile("别的合同.jpg", JPEG, content_type="image/jpeg")
    assert _step(clerk, row.pk, "file", attached=paper, purpose="contract").status_code == 302
    remove = reverse("contracts_desk:row-step", args=[row.pk, "remove-file", Document.objects.get().pk])
    assert remove in clerk.get(_page(row.pk)).content.decode()
    assert clerk.post(remove).status_code == 302 and not Document.objects.filter(removed_at=None).exists()
    assert clerk.post(remove).status_code == 404
    opened = clerk.get(change).content.decode()
    assert "1000000.00" in opened and "支付进度款" in opened and 'value="60"' in opened
    revision = Contract.objects.get().revision
    assert (
        clerk.post(change, {**sent, "do": "save", "note": "已补充", "revision": revision}).status_code == 302
    )
    late = clerk.post(change, {**sent, "do": "save", "revision": revision})
    assert late.status_code == 422 and "刚刚被他人修改" in late.content.decode()
    assert _step(clerk, row.pk, "submit").status_code == 302
    with django_assert_max_num_queries(40):
        shown = reviewer.get(_page(row.pk)).content.decode()
    assert "审核通过，登记生效" in shown and "请补充编号" in shown
    assert "相近的合同" not in shown
    assert _step(reviewer, row.pk, "register").status_code == 302
    assert Contract.objects.get().state == "in_force"


def test_both_sides_stand_beside_each_other(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    people = unit()
    clerk = logged_in(people.administrator)
    found = contract_row()
    late = obligation_row(
        found, due_on=NOW.date() - timedelta(days=10), daily_rate="0.0005", rate_source="law:d802"
    )
    waiting = obligation_row(
        found,
        terms={"after": "accepted", "term": {"days": 30}},
        event="accepted",
        due_on=None,
        state="waiting",
    )
    with django_assert_max_num_queries(40):
        shown = clerk.get(_page(found.pk)).content.decode()
    assert "逾期 10 天" in shown and "1,500.00元" in shown and "第802号" in shown
    # More than is owed is refused with what is owed, and what was written stays.
    refused = _step(
        clerk, found.pk, "perform", late.pk, what="done", happened_on="2026-11-20", amount_fen="50万"
    )
    assert refused.status_code == 422 and "超过了尚欠的数额" in refused.content.decode()
    assert 'value="50万"' in refused.content.decode()
    paper = SimpleUploadedFile("付款凭证.jpg", JPEG, content_type="image/jpeg")
    done = _step(
        clerk,
        found.pk,
        "perform",
        late.pk,
        what="partial",
        happened_on="2026-11-20",
        amount_fen="10万",
        evidence=paper,
    )
    assert done.status_code == 302 and done["Location"].endswith(f"#obligation-{late.pk}")
    said = Performance.objects.get()
    assert said.amount_fen == 10_000_000 and len(said.document_ids) == 1
    shown = clerk.get(_page(found.pk)).content.decode()
    assert "付款凭证.jpg" in shown and "部分履行" in shown
    assert _step(clerk, found.pk, "withdraw", said.pk, reason="记错了").status_code == 302
    assert "已撤回" in clerk.get(_page(found.pk)).content.decode()
    assert _step(clerk, found.pk, "event", event="accepted", happened_on="2026-11-02").status_code == 302
    waiting.refresh_from_db()
    assert waiting.due_on is not None and waiting.state == "running"
    # Told by mistake, it is taken back with a reason; what may not be taken back is refused on the page.
    sent = {"event": "accepted", "reason": ""}
    assert _step(clerk, found.pk, "withdraw-event", **sent).status_code == 422
    assert _step(clerk, found.pk, "withdraw-event", **sent | {"event": "signed"}).status_code == 422
    assert _step(clerk, found.pk, "withdraw-event", **sent | {"reason": "填错"}).status_code == 302
    waiting.refresh_from_db()
    assert waiting.due_on is None and "withdraw-event" not in clerk.get(_page(found.pk)).content.decode()
    # Who supervises goes from here to a notice or a case.
    supervise = [reverse("contracts_desk:supervise", args=[late.pk, what]) for what in ("notice", "case")]
    shown = logged_in(people.supervisor).get(_page(found.pk)).content.decode()
    assert all(each in shown for each in supervise) and "记录履行" not in shown
    # Of another contract it does not exist; of another region nothing does.
    other = obligation_row()
    assert (
        _step(clerk, found.pk, "perform", other.pk, what="done", happened_on="2026-11-20").status_code == 404
    )
    assert logged_in(official("supervisor", NANGANG)).get(_page(found.pk)).status_code == 404
    assert logged_in(official("operator", DAOLI)).get(_page(found.pk)).status_code == 403
    assert Client().get(_page(found.pk)).status_code == 302


def test_a_supplement_by_its_form() -> None:
    people = unit()
    clerk, reviewer = logged_in(people.administrator), logged_in(people.reviewer)
    party = supplier().party
    found = contract_row(of=party, counterparty_code=party.credit_code)
    pay = obligation_row(found)
    address = reverse("contracts_desk:supplement", args=[found.pk])
    assert clerk.get(address).status_code == 200
    sent = {
        "do": "save",
        "new_title": "补充协议一",
        "signed_on": "2026-10-01",
        "effective_on": "2026-10-01",
        "reason": "增加工程量",
        "title": found.title,
        "amount_fen": "120万",
        "starts_on": "2026-03-02",
        "ends_on": "2027-06-01",
        "open_ended": "",
        "note": "",
        f"change-{pay.pk}-change": "change",
        f"change-{pay.pk}-side": "unit",
        f"change-{pay.pk}-kind": "pay",
        f"change-{pay.pk}-title": pay.title,
        f"change-{pay.pk}-amount_fen": "400000",
        f"change-{pay.pk}-way": "on",
        f"change-{pay.pk}-on": "2027-01-29",
        **_rows(DELIVER),
    }
    # Dated before the contract: refused at its field, everything stays.
    wrong = clerk.post(address, {**sent, "signed_on": "2026-01-01"})
    assert wrong.status_code == 422 and "早于合同签订日期" in wrong.content.decode()
    assert clerk.post(address, {**sent, "do": "add"}).status_code == 200
    assert clerk.post(address, sent).status_code == 302
    row = Supplement.objects.get()
    shown = reviewer.get(_page(found.pk)).content.decode()
    assert (
        "补充协议一" in shown
        and "1,200,000.00元" in shown
        and "400,000.00元" in shown
        and "新增义务" in shown
    )
    assert _step(reviewer, found.pk, "decide", row.pk, verdict="approved").status_code == 302
    found.refresh_from_db()
    pay.refresh_from_db()
    assert (found.amount_fen, pay.amount_fen, found.obligation_count) == (120_000_000, 40_000_000, 2)
    plan = reverse("contracts_desk:plan", args=[found.pk])
    assert clerk.get(plan).status_code == 200
    assert clerk.post(plan, {"do": "save", **_rows({**PAY, "event": ""})}).status_code == 422
    assert clerk.post(plan, {"do": "save", **_rows(DELIVER)}).status_code == 302
    assert Obligation.objects.filter(contract=found).count() == 3


def test_that_the_other_side_will_be_asked_is_said_before_a_supplement_is_sent_and_approved() -> None:
    people = unit()
    clerk, reviewer = logged_in(people.administrator), logged_in(people.reviewer)
    party = supplier().party
    found = contract_row(of=party, counterparty_code=party.credit_code)
    late = obligation_row(found, due_on=NOW.date() - timedelta(days=3), terms={"on": "2026-11-20"})
    address = reverse("contracts_desk:supplement", args=[found.pk])
    shown = clerk.get(address).content.decode()
    assert "已到履行期" in shown and "还要相对方同意才生效" in shown and "还没有提交" not in shown
    sent = {
        "do": "save",
        "new_title": "付款延期补充协议",
        "signed_on": "2026-11-23",
        "effective_on": "2026-11-23",
        "reason": "双方商定",
        **{name: str(getattr(found, name) or "") for name in ("title", "starts_on", "ends_on", "note")},
        "amount_fen": "1000000",
        "open_ended": "",
        f"change-{late.pk}-change": "change",
        f"change-{late.pk}-side": "unit",
        f"change-{late.pk}-kind": "pay",
        f"change-{late.pk}-title": late.title,
        f"change-{late.pk}-amount_fen": "300000",
        f"change-{late.pk}-way": "on",
        f"change-{late.pk}-on": "2027-01-15",
        **_rows(),
    }
    asked = clerk.post(address, sent)
    page = asked.content.decode()
    assert asked.status_code == 200 and not Supplement.objects.exists()
    assert "还没有提交" in page and "2026年11月20日" in page and "2027年1月15日" in page
    seen = asked.context["seen"]
    # Of something else than what was shown it is said again; of just that, it is sent.
    more = {f"change-{late.pk}-amount_fen": "200000"}
    again = clerk.post(address, {**sent, **more, "seen": seen})
    assert again.context["seen"] != seen and "200,000.00元" in again.content.decode()

    # Without scripts a chosen file has to be chosen again; exchanged in place the fields leave it as it is.
    def file() -> dict[str, Any]:
        return {"file": SimpleUploadedFile("补充协议.jpg", JPEG, "image/jpeg")}

    words = "附件没有保存，请重新选择。"
    assert words not in page and words in clerk.post(address, {**sent, **file()}).content.decode()
    page = clerk.post(address, {**sent, **file()}, HTTP_HX_REQUEST="true").content.decode()
    assert words not in page and "还没有提交" in page
    assert page.index('id="supplement-file"') > page.rindex("TOTAL_FORMS")
    gone = clerk.post(address, {**sent, "seen": seen}, HTTP_HX_REQUEST="true")
    assert (gone.status_code, gone.headers["HX-Redirect"]) == (204, _page(found.pk))
    row = Supplement.objects.get()
    for browser in (clerk, reviewer):
        page = browser.get(_page(found.pk)).content.decode()
        assert "它减少或者推迟了已经到期的义务" in page and "2026年11月20日" in page
    assert "它减少或者推迟了" not in logged_in(people.supervisor).get(_page(found.pk)).content.decode()
    assert _step(reviewer, found.pk, "decide", row.pk, verdict="approved").status_code == 302
    row.refresh_from_db()
    assert row.state == "to_agree"


def test_lists_and_what_is_due(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    people = unit()
    clerk, leader = logged_in(people.administrator), logged_in(people.leader)
    late = contract_row(next_due_on=NOW.date() - timedelta(days=3), open_count=1, obligation_count=1)
    bare = contract_row()
    draft = contract_row(state="draft")
    address = reverse(LIST)
    for browser in (clerk, leader):
        with django_assert_max_num_queries(12):
            shown = browser.get(address).content.decode()
        assert _page(late.pk) in shown and _page(bare.pk) in shown and _page(draft.pk) not in shown
        assert "逾期 3 天" in shown and "没有登记义务" in shown
    for narrowed, found in (
        ({"sign": "late"}, late),
        ({"sign": "bare"}, bare),
        ({"due": "10"}, late),
        ({"text": bare.number}, bare),
        ({"tab": "drafts"}, draft),
        ({"state": "draft"}, draft),
    ):
        shown = clerk.get(address, narrowed).content.decode()
        assert [_page(each.pk) in shown for each in (late, bare, draft)].count(True) == 1, narrowed
        assert _page(found.pk) in shown, narrowed
    exported = b"".join(leader.get(address, {"export": "csv"})).decode()
    assert late.number in exported and "1000000.00" in exported
    home = clerk.get(reverse("desk:home")).content.decode()
    assert f"履约到期：{late.title}" in home and f"提交合同：{draft.title}" in home


def test_none_this_quarter() -> None:
    people = unit()
    clerk = logged_in(people.administrator)
    page = reverse("contracts_desk:none")
    assert "没有登记，也没有申报" in clerk.get(page).content.decode()
    place = [people.agency.pk, 2026, 3]
    assert (
        clerk.post(reverse("contracts_desk:say-none", args=[*place, "declare"]), {"note": "无"}).status_code
        == 302
    )
    assert EmptyQuarter.objects.get().quarter == 3
    assert "已申报无合同" in clerk.get(page).content.decode()
    again = clerk.post(reverse("contracts_desk:say-none", args=[*place, "declare"]), {})
    assert again.status_code in (409, 422)
    withdraw = reverse("contracts_desk:say-none", args=[*place, "withdraw"])
    assert clerk.post(withdraw, {"reason": ""}).status_code == 422
    assert clerk.post(withdraw, {"reason": "有一份"}).status_code == 302
    assert EmptyQuarter.objects.get().withdrawn_at is not None


TEXT = """道里区老旧小区改造施工合同
合同编号：住建合〔2026〕9号
甲方：哈尔滨市道里区住房和城乡建设局
乙方：{name}
统一社会信用代码：{code}
合同总价：人民币壹佰万元整（小写：¥1000000.00元）
合同签订后10日内支付合同价款的30%，验收合格后30日内支付合同价款的70%。
合同期限：自2026年3月2日起至2027年3月1日止。
签订日期：2026年3月2日
"""


def test_what_a_text_says_is_offered_beside_the_fields() -> None:
    people, party = unit(), supplier().party
    clerk = logged_in(people.administrator)
    assert "请先选择合同文本" in clerk.post(reverse(NEW), {"do": "read"}).content.decode()
    words = TEXT.format(name=party.name, code=party.credit_code)
    letter = SimpleUploadedFile(
        "合同.docx", word_document(*words.splitlines()), content_type="application/octet-stream"
    )
    blank = dict.fromkeys(_written(people, party), "") | {"title": "我写的名称", **_rows()}
    answer = clerk.post(reverse(NEW), {**blank, "do": "read", "file": letter})
    shown = answer.content.decode()
    # What was empty is filled in, what somebody wrote stays; each says where it was read.
    assert answer.status_code == 200 and 'value="我写的名称"' in shown
    assert 'value="1000000.00"' in shown and 'value="2026-03-02"' in shown and party.credit_code in shown
    kept = answer.context["proposals_kept"]
    taken = clerk.post(reverse(NEW), {**blank, "proposals": kept, "take": "title:0"}).content.decode()
    assert 'value="道里区老旧小区改造施工合同"' in taken
    rule = clerk.post(reverse(NEW), {**blank, "proposals": kept, "take": "obligation:1"})
    assert rule.context["rows"].initial[0]["share"] == "70"
    # What comes back may be anything.
    for broken in ("{", '{"offers": 1}', "[]", '{"offers": {"title": [[1]]}, "payments": [[2, 3]]}'):
        assert clerk.post(reverse(NEW), {**blank, "proposals": broken, "take": "title:x"}).status_code == 200
