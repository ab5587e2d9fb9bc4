"""One policy through every room of the area, in a browser: a text becomes a draft, the draft is tried, reviewed by four
agencies and the public, published, matched; an enterprise tells what is missing and gets what it is due."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.areas.policies.review_factories import (
    LATER,
    Reviewers,
    commented,
    done,
    reviewers,
    task_of,
    version,
)
from tests.browser.conftest import NARROW, PageAt, assert_accessible, screenshot
from tests.kernel.access.factories import NOW, SYSTEM, Person, arranged, clerk_of
from tests.kernel.parties.factories import a_party
from tests.web.desk.factories import session_of
from yingshang.areas.policies.api import (
    answer_comment,
    close_consultations,
    conclude_consultation,
)
from yingshang.areas.policies.models import Consultation
from yingshang.areas.policies.sandbox.asking import memory
from yingshang.kernel.parties.api import update_snapshot
from yingshang.kernel.parties.models import Party

pytestmark = pytest.mark.django_db(transaction=True)

CODE = "JY-2026-1"
ITEM = f"/desk/policies/items/{CODE}/"
TEXT = """关于支持企业吸纳就业的若干措施
一、支持对象
参保人数不少于10人，且月租金不低于1000元的企业，可以申请吸纳就业补贴。
二、支持标准
（一）按参保人数给予每人1000元的一次性补贴，每户企业最高2万元。
三、附则
本措施自2026年1月1日起施行，有效期至2027年12月31日。
"""


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The pages take the time from the clock; here it stands where it is set."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_to(NOW + timedelta(minutes=1))
    return set_to


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    """A library and a snapshot of its own."""
    settings.DATA_DIRECTORY = tmp_path
    memory().clear()
    return tmp_path


def enter(page: Page, who: Person, live_server: Any) -> Page:
    page.context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])
    return page


def town() -> Party:
    """One enterprise that gets it, one that does not, and one whose rent nobody knows."""
    party = a_party("演示缺租金", facts={"emp.insured_count": 12})
    a_party("演示都知道", facts={"emp.insured_count": 30, "lease.monthly_rent": 5000})
    a_party("演示人太少", facts={"emp.insured_count": 3, "lease.monthly_rent": 5000})
    with arranged():
        update_snapshot(actor=SYSTEM, now=NOW)
    return party


def figure(page: Page, label: str) -> str:
    tile = page.locator(".stat", has=page.locator(".label", has_text=re.compile(f"^{label}$")))
    return tile.locator(".figure").inner_text()


def test_a_policy_from_its_text_to_what_an_enterprise_is_due(
    page_at: PageAt, live_server: Any, clock: Any
) -> None:
    party, people = town(), reviewers()
    desk = enter(page_at(), people.author, live_server)
    write(desk)
    try_out(desk)
    hand_in(desk)
    clock(NOW + timedelta(minutes=2))
    review(page_at, live_server, clock, people)
    publish(enter(page_at(), people.author, live_server))
    powers = ("parties.view_own", "policies.match_own", "parties.declare_own")
    get_it(enter(page_at(NARROW), clerk_of(party, powers), live_server), party)
    find_it(page_at())


def write(page: Page) -> None:
    """The text is pasted, sentences are marked, what was read in them is accepted, what was not is written and ticked."""
    page.goto("/desk/policies/documents/new/")
    page.get_by_label("或者粘贴正文").fill(TEXT)
    page.get_by_role("button", name="读取并录入").click()
    page.get_by_label("发文机关").fill("哈尔滨市人力资源和社会保障局")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/documents/*/")
    sentences = page.locator("label.sentence")
    sentences.nth(2).locator("input").click()
    sentences.nth(6).locator("input").click(modifiers=["Shift"])
    page.get_by_role("button", name="据所选句子起草").click()
    page.wait_for_url("**/propose/**")
    for box in page.locator("input[name=accept]").all():
        box.check()
    page.get_by_label("编号").fill(CODE)
    page.get_by_label("事项名称").fill("吸纳就业补贴")
    page.get_by_role("button", name="生成草稿").click()
    page.wait_for_url(f"**{ITEM}")
    page.get_by_label("摘要").fill("参保人数不少于10人、租用场地的企业，每人1000元。")
    page.get_by_label("兑现方式").fill("补贴")
    page.get_by_label("办理方式").select_option(label="免申即享")
    for box in page.locator("input[name=settled]").all():
        box.check()
    page.locator("[name='f/conditions/1/text']").fill("月租金不低于2000元")
    page.locator("input[name='r/conditions/1/value']").first.fill("2000")
    page.get_by_role("group", name="金额的写法").get_by_role("button", name="公式").click()
    page.get_by_role("textbox", name="金额公式").fill("1000 * 参保人数")
    page.get_by_role("button", name="新增限额").click()
    page.locator("[name='f/benefit/caps/0/amount']").fill("2")
    page.get_by_role("button", name="保存草稿").first.click()
    expect(page.get_by_text("草稿已保存。")).to_be_visible()
    source = version(CODE).source
    assert "月租金 >= 2000" in source and "1000 * 参保人数" in source and "尚未核对" not in source


def try_out(page: Page) -> None:
    """Of three enterprises one would get it, of one it cannot be said."""
    page.locator("#main").get_by_role("link", name="沙盘推演").click()
    expect(page.locator("#sandbox-results")).to_contain_text("确定金额")
    assert (figure(page, "符合"), figure(page, "待定"), figure(page, "不符合")) == ("1", "1", "1")
    assert figure(page, "确定金额") == "2万元"
    assert_accessible(page)
    screenshot(page, "policy-journey-sandbox")


def hand_in(page: Page) -> None:
    page.goto(ITEM)
    page.locator("#main").get_by_role("link", name="版本和审查").click()
    expect(page.get_by_text("必填要素齐全")).to_be_visible()
    page.get_by_label("起草说明").fill("稳定就业，全市约需800万元。")
    page.get_by_role("button", name="提交审查").click()
    expect(page.get_by_text("已提交审查")).to_be_visible()


def decide(page: Page, step: str, outcome: str) -> None:
    """A task of the workbench, completed."""
    page.goto(f"/desk/tasks/{task_of(CODE, step)}/")
    page.get_by_role("radio", name=outcome, exact=True).check()
    page.click(".decide button.btn-primary")
    page.wait_for_url(lambda url: "/tasks/" not in url or url.endswith("/tasks/"))


def review(page_at: PageAt, live_server: Any, clock: Any, people: Reviewers) -> None:
    """The first step and the decision through the pages; those between through the actions the pages call, which
    test_policy_review shows one by one: a comment, its answer, findings judged."""
    decide(enter(page_at(), people.drafting, live_server), "completeness", "要素齐全")
    visitor = page_at()
    visitor.goto("/policies/consultations/")
    visitor.get_by_role("link", name="关于“吸纳就业补贴”公开征求意见").click()
    expect(visitor.get_by_text("稳定就业，全市约需800万元。")).to_be_visible()
    consultation = Consultation.objects.get()
    number = commented(consultation)
    clock(LATER)
    close_consultations(actor=SYSTEM, now=LATER)
    who = people.drafting.actor(LATER)
    said: dict[str, Any] = {"consultation_id": consultation.pk, "now": LATER}
    answer_comment(actor=who, number=number, verdict="not_adopted", answer="资金有限", **said)
    conclude_consultation(actor=who, summary="共1条意见，未采纳。", **said)
    for step, outcome in (
        ("consult", "consulted"),
        ("publicise", "concluded"),
        ("fairness", "fair"),
        ("legality", "lawful"),
    ):
        done(people, CODE, step, outcome, now=LATER)
    decide(enter(page_at(), people.deciding, live_server), "decide", "通过审查")
    assert version(CODE).state == "approved"


def publish(page: Page) -> None:
    page.goto(f"{ITEM}versions/")
    page.get_by_role("button", name="发布", exact=True).click()
    page.click("#confirm[open] button[value=yes]")
    expect(page.get_by_text("已发布").first).to_be_visible()


def get_it(page: Page, party: Party) -> None:
    """On a telephone: what is missing is named, told, and settles it; the decision is kept."""
    page.goto("/policies/mine/")
    expect(page.get_by_text("补充数据后可能享受").first).to_be_visible()
    expect(page.get_by_text("还需要知道：月租金")).to_be_visible()
    page.get_by_role("link", name="吸纳就业补贴").first.click()
    page.get_by_role("link", name="填写 月租金").first.click()
    page.get_by_role("textbox", name="月租金").fill("3000")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("结论已重新计算")).to_be_visible()
    expect(page.get_by_text("现在可以享受").first).to_be_visible()
    expect(page.locator(".figure-sum")).to_contain_text("1.2")
    page.get_by_role("button", name="保存并取得凭证").click()
    expect(page.get_by_text("已重新判定")).to_be_visible()
    expect(page.get_by_text(party.name)).to_be_visible()
    assert_accessible(page)
    screenshot(page, "policy-journey-receipt-390")


def find_it(page: Page) -> None:
    """Somebody without an account, by words of the name."""
    page.goto("/policies/")
    page.fill("#library-text", "吸纳就业")
    page.press("#library-text", "Enter")
    page.locator(f".hit a[href='/policies/items/{CODE}/']").click()
    expect(page.get_by_role("heading", name="吸纳就业补贴").first).to_be_visible()
    assert_accessible(page)
    screenshot(page, "policy-journey-item")
