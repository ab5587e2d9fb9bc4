"""What officials do, from the first click to the last, with the keyboard where a keyboard is quicker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDE, PageAt
from tests.browser.test_officials_pages import enter
from tests.kernel.access.factories import DAOLI, HARBIN, HEILONGJIANG, NANGANG, agency, official
from tests.kernel.parties.factories import a_party, region_tree
from tests.processes.enterprise_binding.situations import in_state
from tests.web.desk.factories import city
from yingshang.kernel.access.models import Appointment, PersonalDataView
from yingshang.kernel.parties.api import import_facts
from yingshang.kernel.parties.models import FactImport, Party

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(page_at: PageAt, live_server: Any) -> Page:
    """The workbench of a department official of Daoli."""
    page = page_at(WIDE)
    enter(page, official("department_official", DAOLI), live_server)
    page.goto("/desk/")
    return page


def test_search_as_one_types_and_open_by_keyboard(desk: Page) -> None:
    party, *_ = city(3, places=(DAOLI,))
    desk.goto("/desk/search/")
    desk.locator("#search-all").press_sequentially(party.name[:8])
    hit = desk.locator(".result-list a").first
    expect(hit).to_be_visible()
    assert "text=" in desk.url
    hit.focus()
    hit.press("Enter")
    expect(desk.locator("h1")).to_contain_text("演示")


def test_personal_data_is_shown_for_a_purpose_only(desk: Page) -> None:
    (party,) = city(1, places=(DAOLI,))
    desk.goto(f"/desk/parties/{party.pk}/")
    expect(desk.get_by_text(party.contact_phone)).to_have_count(0)
    desk.get_by_text("显示完整内容").click()
    desk.get_by_label("用途").fill("核对绑定申请")
    desk.get_by_role("button", name="显示并记录").click()
    expect(desk.get_by_text(party.contact_phone)).to_be_visible()
    assert PersonalDataView.objects.get().purpose == "核对绑定申请"


def test_the_history_of_a_fact_opens_beside_the_page_and_closes_by_escape(desk: Page) -> None:
    (party,) = city(1, places=(DAOLI,))
    desk.goto(f"/desk/parties/{party.pk}/")
    link = desk.locator("[data-drawer]").first
    link.click()
    drawer = desk.locator("dialog#drawer")
    expect(drawer).to_contain_text("市场监管局")
    desk.keyboard.press("Escape")
    expect(drawer).not_to_be_visible()
    expect(link).to_be_focused()


def test_a_file_is_imported_while_one_watches(desk: Page, tmp_path: Path) -> None:
    (party,) = city(1, places=(DAOLI,))
    file = tmp_path / "登记.csv"
    file.write_text(
        f"统一社会信用代码,ent.status\n{party.credit_code},注销\n91230102XXXXXXXXXX,存续\n", encoding="utf-8"
    )
    desk.goto("/desk/imports/new/")
    desk.locator("input[type=file]").set_input_files(file)
    expect(desk.locator("[data-upload-list]")).to_contain_text("登记.csv")
    desk.get_by_label("数据日期").fill("2026-11-01")
    desk.get_by_role("button", name="检查并导入").click()
    desk.wait_for_url(lambda url: url.rstrip("/").rsplit("/", 1)[-1].isdigit())
    expect(desk.locator("#import-state")).to_contain_text("导入中")
    # The worker's part, carried out here.
    asked = FactImport.objects.latest("id")
    from django.core.files.storage import default_storage
    from django.utils import timezone

    who = official("department_official", DAOLI)
    import_facts(
        actor=who.actor(timezone.now()),
        path=default_storage.path(asked.stored_as),
        file_name=asked.file_name,
        as_of=asked.as_of,
        source=asked.source or None,
        now=timezone.now(),
    )
    # The page notices by itself, and shows what was rejected.
    expect(desk.locator("#import-state")).to_contain_text("完成", timeout=8_000)
    expect(desk.locator("#list")).to_contain_text("91230102XXXXXXXXXX")
    assert Party.objects.get(pk=party.pk).status == "注销"


def test_duplicates_are_merged_after_a_look_at_both(desk: Page) -> None:
    one, other = (a_party("演示同名商贸", region_code=DAOLI, facts={"ent.status": "存续"}) for _ in range(2))
    desk.goto("/desk/duplicates/")
    desk.get_by_role("link", name="演示同名商贸 / 演示同名商贸").click()
    desk.get_by_label(one.credit_code or "").check()
    desk.locator("#id_reason").fill("同一执照换发代码")
    desk.get_by_role("button", name="合并", exact=True).click()
    desk.locator("dialog#confirm").get_by_role("button", name="合并").click()
    expect(desk.locator("h1")).to_have_text("演示同名商贸")
    other.refresh_from_db()
    assert other.merged_into_id == one.pk


def test_a_binding_is_decided_beside_its_evidence(page_at: PageAt, live_server: Any) -> None:
    found = in_state("in_review")
    page = page_at(WIDE)
    enter(page, found.reviewer, live_server)
    page.goto("/desk/")
    page.get_by_role("link", name="申请绑定").first.click()
    expect(page.get_by_text("联系人已离职")).to_be_visible()
    page.get_by_label("不通过").check()
    page.get_by_label("理由").fill("没有委托书")
    page.get_by_role("button", name="作出决定").click()
    expect(page.get_by_text("已决定")).to_be_visible()


def test_conflicting_duties_are_explained_while_choosing(page_at: PageAt, live_server: Any) -> None:
    who = official("department_official", DAOLI)
    place = agency(DAOLI)
    page = page_at(WIDE)
    enter(page, official("administrator", HARBIN), live_server)
    page.goto(f"/administration/users/{who.id}/")
    form = page.locator("form[hx-post]")
    form.get_by_label("角色").select_option("treasurer")
    form.get_by_label("机构").select_option(str(place.pk))
    expect(page.locator("#appointment-check")).to_contain_text("不相容")
    assert Appointment.objects.filter(user=who.user).count() == 1
    form.get_by_label("角色").select_option("policy_author")
    expect(page.locator("#appointment-check")).to_contain_text("没有冲突")


def test_the_map_leads_down_by_click_and_its_table_by_keyboard(page_at: PageAt, live_server: Any) -> None:
    region_tree(HEILONGJIANG)
    region_tree(HARBIN)
    city(20, places=(DAOLI, NANGANG))
    page = page_at(WIDE)
    enter(page, official("leader", HEILONGJIANG), live_server)
    page.goto("/cockpit/")
    drawing = page.locator("[data-map][data-drawn=yes]")
    expect(drawing).to_be_visible()
    # Somewhere on the map there is a region; its click leads to it.
    box = drawing.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.52, box["y"] + box["height"] * 0.5)
    page.wait_for_url(lambda url: "region=" in url)
    page.goto("/cockpit/")
    page.locator(".board-map summary").press("Enter")
    link = page.locator(".board-map table").get_by_role("link", name="哈尔滨市")
    link.focus()
    link.press("Enter")
    expect(page.locator("h1")).to_contain_text("哈尔滨市")
    page.locator(".board-map summary").press("Enter")
    page.locator(".board-map table").get_by_role("link", name="道里区").press("Enter")
    expect(page.locator("h1")).to_have_text("企业名录")
    expect(page.locator("#list")).to_contain_text("共 10 条")
