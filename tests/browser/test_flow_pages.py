"""The pages of tasks, cases and flows, wide and narrow: nothing for axe to find, and what people do on them works."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from tests.browser.conftest import NARROW, WIDE, PageAt, assert_accessible, screenshot, widths
from tests.browser.test_officials_pages import enter, look
from tests.kernel.access.factories import HARBIN, official
from tests.kernel.flow import factories as flow
from tests.kernel.flow.factories import heard  # noqa: F401  (a fixture)
from tests.web.administration.test_flows import SENT, form
from yingshang.kernel.flow.api import (
    NewDebt,
    Term,
    accept_with_debts,
    claim_task,
    compose_bpmn,
    get_definition,
    parse_steps,
    publish_version,
    save_draft,
)
from yingshang.kernel.flow.models import Case, Task
from yingshang.web.administration.flow_steps import from_form

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


@pytest.fixture(autouse=True)
def later_that_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the factories arrange happens on a day that may be ahead of this machine's."""
    monkeypatch.setattr(timezone, "now", lambda: flow.LATER)


def a_flow(code: str = "approval") -> str:
    """A published flow of the region, with a draft that has something wrong."""
    flow.ladders()
    actor = official("administrator", HARBIN).actor()
    document = from_form(form()).document(code)
    steps = json.dumps(document, ensure_ascii=False)
    save_draft(actor=actor, code=code, steps=steps, region_path="2301", now=flow.NOW)
    publish_version(actor=actor, code=code, note="首次发布", now=flow.NOW)
    wrong = compose_bpmn(parse_steps(steps)).replace("bpmn:userTask", "bpmn:scriptTask")
    save_draft(actor=actor, code=code, bpmn=wrong, now=flow.NOW)
    return code


def test_pages_of_tasks_and_cases(page_at: PageAt, live_server: Any) -> None:
    window = flow.window()
    waiting = [flow.open_case() for _ in range(3)]
    asked = flow.case_in_consultation(window)
    task = flow.task_at(waiting[0], "accept")
    accept_with_debts(
        actor=window.actor(),
        task_id=task.pk,
        debts=[NewDebt("场地证明", Term(5, "working_days"))],
        now=flow.NOW,
    )
    look(
        page_at,
        live_server,
        window,
        {
            "tasks-mine": "/desk/tasks/",
            "tasks-claimable": "/desk/tasks/?shelf=claimable",
            "tasks-none": "/desk/tasks/?shelf=closed&text=没有",
            "task": f"/desk/tasks/{task.pk}/",
            "task-return": f"/desk/tasks/{task.pk}/return/",
            "task-consult": f"/desk/tasks/{task.pk}/consult/",
            "cases": "/desk/cases/",
            "case": f"/desk/cases/{waiting[0].id}/",
            "case-consulting": f"/desk/cases/{asked.id}/",
        },
    )


def test_pages_of_flows(page_at: PageAt, live_server: Any) -> None:
    code = a_flow()
    look(
        page_at,
        live_server,
        official("administrator", HARBIN),
        {
            "flows": "/administration/flows/",
            "flow": f"/administration/flows/{code}/",
            "flow-new": "/administration/flow-new/",
            "flow-upload": "/administration/flow-upload/",
            "flow-migration": f"/administration/flows/{code}/versions/1/cases/",
        },
    )


def test_a_task_is_returned_from_the_drawer(page_at: PageAt, live_server: Any) -> None:
    case = flow.open_case()
    window = flow.window()
    task = flow.task_at(case, "accept")
    claim_task(actor=window.actor(), task_id=task.pk, now=flow.NOW)
    page = page_at(NARROW)
    enter(page, window, live_server)
    page.goto(f"/desk/tasks/{task.pk}/")
    page.get_by_role("link", name="退回补正").click()
    page.wait_for_selector("#drawer[open] h2")
    for width in widths(page):
        screenshot(page, f"task-drawer-{width}")
        assert_accessible(page)
    page.locator("#drawer textarea[name=what]").fill("营业执照副本\n授权委托书")
    page.locator("#drawer button.btn-primary").click()
    page.wait_for_url(f"**/desk/tasks/{task.pk}/")
    page.get_by_text("等待申请人补正").first.wait_for()
    assert Case.objects.get(pk=case.id).state == "returned"


def test_several_tasks_are_decided_together(page_at: PageAt, live_server: Any) -> None:
    window = flow.window()
    ids = [flow.task_at(flow.open_case(), "accept").pk for _ in range(2)]
    page = page_at()
    enter(page, window, live_server)
    page.goto("/desk/tasks/?shelf=claimable")
    for each in ids:
        page.check(f"input[name=task][value='{each}']")
    page.get_by_role("button", name="批量办理").click()
    page.wait_for_selector("input[name=outcome]")
    screenshot(page, "tasks-batch-1440")
    assert_accessible(page)
    page.get_by_label("受理", exact=True).check()
    page.get_by_role("button", name="全部办理").click()
    page.click("#confirm[open] button[value=yes]")
    page.wait_for_url("**/desk/tasks/")
    assert set(Task.objects.filter(pk__in=ids).values_list("state", flat=True)) == {"done"}


def test_steps_are_written_with_a_live_drawing(page_at: PageAt, live_server: Any) -> None:
    flow.ladders()
    page = page_at()
    enter(page, official("administrator", HARBIN), live_server)
    page.goto("/administration/flow-new/")
    page.fill("#flow-code", "visit")
    page.fill("#flow-name", "上门服务")
    page.click("#op-lane")
    page.fill("input[name=lane_code]", "center")
    page.fill("input[name=lane_name]", "服务中心")
    page.click("#op-add")
    page.wait_for_selector("#step-0-name")
    page.fill("#step-0-name", "受理")
    page.select_option("#step-0-role", "window_official")
    page.select_option("#step-0-lane", "center")
    page.wait_for_selector("#flow-check .flow-picture svg")
    page.click("#op-add-0")
    page.wait_for_selector("#step-1-name")
    page.fill("#step-1-name", "上门")
    page.select_option("#step-1-how", "beside-0")
    page.select_option("#step-1-role", "department_official")
    page.locator("#flow-check .flow-picture", has_text="上门").wait_for()
    for width in widths(page):
        screenshot(page, f"flow-steps-{width}")
        assert_accessible(page)
    page.get_by_role("button", name="保存草稿").click()
    page.wait_for_url("**/administration/flows/visit/")
    draft = get_definition(actor=official("administrator", HARBIN).actor(), code="visit").draft
    assert draft is not None and "parallel" in draft.steps
    page.get_by_role("button", name="发布").click()
    page.click("#confirm[open] button[value=yes]")
    page.get_by_text("第 1 版已发布").first.wait_for()


def test_a_flow_is_drawn_in_the_browser(page_at: PageAt, live_server: Any) -> None:
    flow.ladders()
    who = official("administrator", HARBIN)
    document = json.dumps(from_form(form()).document("approval"), ensure_ascii=False)
    save_draft(actor=who.actor(), code="approval", steps=document, region_path="2301", now=flow.NOW)
    for width in (NARROW, WIDE):
        page = page_at(width)
        enter(page, who, live_server)
        page.goto("/administration/flows/approval/modeler/")
        page.wait_for_selector("[data-canvas][data-drawn]")
        page.wait_for_timeout(200)
        screenshot(page, f"flow-modeler-{width}")
        assert_accessible(page)
    mark = page.locator(".bjs-powered-by")
    assert mark.is_visible() and mark.get_attribute("href").startswith("http://bpmn.io")  # type: ignore[union-attr]
    page.click(".djs-element[data-element-id=accept]")
    name = page.get_by_label("名称", exact=True)
    assert name.input_value() == SENT["step-0-name"]
    page.locator(".modeler-panel select").first.select_option("supervisor")
    name.fill("受理审查")
    page.get_by_role("button", name="新增结果").click()
    page.wait_for_selector("#flow-check .panel")
    screenshot(page, "flow-modeler-changed-1440")
    page.get_by_role("button", name="保存草稿").click()
    page.wait_for_url("**/administration/flows/approval/")
    draft = get_definition(actor=who.actor(), code="approval").draft
    assert draft is not None
    assert "受理审查" in draft.bpmn and 'role="supervisor"' in draft.bpmn and "outcome_3" in draft.bpmn


def test_a_version_is_looked_at_as_drawn(page_at: PageAt, live_server: Any) -> None:
    code = a_flow()
    for width in (WIDE, NARROW):
        page = page_at(width)
        enter(page, official("administrator", HARBIN), live_server)
        page.goto(f"/administration/flows/{code}/versions/1/")
        page.wait_for_selector("[data-flow-viewer][data-drawn]")
        screenshot(page, f"flow-version-{width}")
        assert page.locator(".bjs-powered-by").is_visible()
        assert_accessible(page)
