"""Messages in a browser: a mass message from the first word to the inbox, one's own settings, templates, the outbox."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.conftest import NARROW, WIDE, PageAt, assert_accessible, screenshot
from tests.browser.conftest import look as look_at
from tests.kernel.access.factories import DAOLI, HARBIN, NOW, SYSTEM, Person, enterprise, official, person
from tests.kernel.notices.factories import draft, enterprise_with_clerk, sender
from tests.web.desk.factories import session_of
from yingshang.kernel.notices.api import (
    Recipient,
    get_campaign,
    inbox,
    load_defaults,
    message_preferences,
    save_text_draft,
    send,
    send_campaign,
    submit_campaign,
)
from yingshang.kernel.notices.models import Campaign, Delivery
from yingshang.kernel.reference.api import get_region

pytestmark = pytest.mark.django_db(transaction=True)


def enter(page: Page, who: Person, live_server: Any) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])


def look(page_at: PageAt, live_server: Any, who: Person, pages: dict[str, str]) -> None:
    """What somebody in office sees."""
    page = page_at()
    enter(page, who, live_server)
    look_at(page, {f"notices-{name}": address for name, address in pages.items()})


def test_a_mass_message_from_the_first_word_to_the_inbox(page_at: PageAt, live_server: Any) -> None:
    party, clerk = enterprise_with_clerk(DAOLI, name="演示冰城装备制造有限公司")
    enterprise(DAOLI, name="演示松江软件有限公司")
    who, other = sender(DAOLI), sender(DAOLI)
    page = page_at(WIDE)
    enter(page, who, live_server)
    page.goto("/desk/messages/")
    page.click("text=新建群发")
    page.fill("input[name=title]", "研发补贴申报提醒")
    page.select_option("select[name=kind]", "policy")
    page.fill("input[name=subject]", "最佳补贴")
    page.fill("textarea[name=body]", "{{ enterprize }}：研发补贴开始申报。")
    page.select_option("select[name=status]", "")
    page.click("text=保存并检查")
    # The misspelt variable is told, with what was meant; nothing is lost.
    assert "是否指 {{ enterprise }}" in page.inner_text("main")
    page.fill("textarea[name=body]", "{{ enterprise }}：研发补贴开始申报。")
    page.click("text=保存并检查")
    page.wait_for_url("**/check/")
    assert "发现 1 处敏感词" in page.inner_text("main")
    assert "中文标题第1行第1字" in page.inner_text("main")
    assert "送不到" in page.inner_text("main")
    assert_accessible(page)
    screenshot(page, "notices-campaign-check-words")
    page.click("text=提请放行")
    assert "有敏感词" in page.inner_text("main")
    page.fill("textarea[name=reason]", "文件原名如此")
    page.click("text=提请放行")
    page.wait_for_url(lambda url: url.endswith("/messages/1/") or url.rstrip("/").split("/")[-1].isdigit())
    assert "等待另一位有群发权限的人员放行" in page.inner_text("main")
    number = Campaign.objects.get().pk
    second = page_at(WIDE)
    enter(second, other, live_server)
    second.goto(f"/desk/messages/{number}/")
    second.check("input[value=approve]")
    second.fill("textarea[name=reason]", "属实")
    second.click("text=提交决定")
    second.wait_for_selector("text=已放行")
    send_campaign(actor=other.actor(), campaign_id=number, clock=timezone.now)
    second.goto(f"/desk/messages/{number}/")
    assert "写给 1 家，1 家没有联系方式或不接收" in second.inner_text("main")
    assert "演示冰城装备制造有限公司" in second.inner_text("#list")
    second.click("text=没有送到的")
    assert "演示松江软件有限公司" in second.inner_text("#list")
    (message,) = inbox(actor=clerk.actor()).rows
    assert message.body == f"{party.name}：研发补贴开始申报。"
    # And once more to those who have not read it.
    second.goto(f"/desk/messages/{number}/")
    second.click("button:has-text('再次发送')")
    second.wait_for_url("**/check/")
    assert "上一次没有人读过的企业" in second.inner_text("main")


def test_a_list_with_wrong_rows(page_at: PageAt, live_server: Any) -> None:
    party, _ = enterprise_with_clerk(DAOLI)
    who = sender(DAOLI)
    number = draft(who)
    page = page_at(NARROW)
    enter(page, who, live_server)
    page.goto(f"/desk/messages/{number}/list/")
    page.fill("textarea[name=codes]", f"{party.credit_code}\nnonsense\n")
    page.click("text=使用这个名单")
    page.wait_for_url("**/check/")
    assert "名单中 1 行不能用" in page.inner_text("main")
    page.click("text=逐行看原因")
    assert "不是统一社会信用代码" in page.inner_text("#list")
    page.goto(f"/desk/messages/{number}/check/")
    page.click("main button.btn-primary")
    page.click("dialog[open] button[value=yes]")
    page.wait_for_selector("text=已开始发送")
    assert get_campaign(actor=who.actor(), campaign_id=number).state == "sending"


def test_ones_own_settings(page_at: PageAt, live_server: Any) -> None:
    who = person(email="who@example.org")
    page = page_at(NARROW)
    enter(page, who, live_server)
    page.goto("/messages/settings")
    page.uncheck("input[value='policy:email']")
    page.check("input[name=quiet][value=own]")
    page.click("main .form-actions button")
    page.wait_for_selector("text=自定静默时段要填两个不同的时间")
    assert not page.is_checked("input[value='policy:email']"), "what was chosen is still there"
    page.fill("input[name=quiet_from]", "21:00")
    page.fill("input[name=quiet_until]", "07:30")
    page.click("main .form-actions button")
    page.wait_for_selector("text=消息设置已保存")
    chosen = message_preferences(actor=who.actor())
    assert str(chosen.in_force) == "21:00–07:30"
    policy = next(each for each in chosen.kinds if each.kind.code == "policy")
    assert [(each.channel, each.wanted) for each in policy.channels] == [("in_app", True), ("email", False)]
    look(page_at, live_server, who, {"settings": "/messages/settings", "inbox": "/messages/"})


def test_templates_rules_and_the_outbox(page_at: PageAt, live_server: Any) -> None:
    load_defaults(actor=SYSTEM, region_path=get_region(HARBIN).path, now=NOW)
    chief = official("administrator", HARBIN)
    texts = {"zh-hans": ("通知：{{ title }}", "{{ text }}"), "en": ("Notice: {{ title }}", "{{ text }}")}
    save_text_draft(actor=chief.actor(), code="notices.announcement", texts=texts, now=NOW)
    page = page_at(WIDE)
    enter(page, chief, live_server)
    page.goto("/administration/messages/templates/notices.announcement/")
    page.fill("input[name=subject]", "{{ titel }}")
    page.click("text=保存草稿")
    assert "没有变量“titel”；可用：title、text。是否指 {{ title }}？" in page.inner_text("main")
    page.fill("input[name=subject]", "【通知】{{ title }}")
    page.click("main button[name=preview]")
    assert "【通知】〔title〕" in page.inner_text("main")
    page.click("text=保存草稿")
    page.wait_for_selector("text=草稿已保存")
    page.click("button:has-text('发布')")
    page.click("dialog[open] button[value=yes]")
    page.wait_for_selector("text=版本 2 已发布")
    look(
        page_at,
        live_server,
        chief,
        {
            "templates": "/administration/messages/templates/",
            "template": "/administration/messages/templates/enterprise_binding.code/",
            "rules": "/administration/messages/rules/",
        },
    )
    for number in range(3):
        send(
            actor=SYSTEM,
            to=Recipient(email=f"who{number}@example.org"),
            template="notices.emergency",
            context={"title": "停水", "text": "明天停水"},
            channels=["email"],
            now=NOW,
        )
    failed = Delivery.objects.order_by("pk").last()
    assert failed is not None
    Delivery.objects.filter(pk=failed.pk).update(state="failed", next_try_at=None, error="550 no such user")
    operator = official("operator", HARBIN)
    look(page_at, live_server, operator, {"outbox": "/administration/messages/outbox/"})
    page = page_at(WIDE)
    enter(page, operator, live_server)
    page.goto("/administration/messages/outbox/?state=failed")
    assert "example.org" not in page.inner_text("main")
    page.click("#list button:has-text('重发')")
    page.wait_for_selector("text=已重新排队发送")


def test_mass_messages_wide_and_narrow(page_at: PageAt, live_server: Any) -> None:
    for number in range(4):
        enterprise_with_clerk(DAOLI, name=f"演示企业第{number}家有限公司")
    enterprise(DAOLI)
    who = sender(DAOLI)
    waiting = draft(who, title="待检查的政策提醒")
    done = draft(who, title="研发补贴申报提醒", link="/enterprise/")
    submit_campaign(actor=who.actor(), campaign_id=done, now=NOW)
    send_campaign(actor=who.actor(), campaign_id=done, clock=lambda: NOW)
    look(
        page_at,
        live_server,
        who,
        {
            "campaigns": "/desk/messages/",
            "campaign-new": "/desk/messages/new/",
            "campaign-edit": f"/desk/messages/{waiting}/edit/",
            "campaign-list": f"/desk/messages/{waiting}/list/",
            "campaign-check": f"/desk/messages/{waiting}/check/",
            "campaign": f"/desk/messages/{done}/",
            "campaign-unreached": f"/desk/messages/{done}/?show=unreached",
        },
    )
