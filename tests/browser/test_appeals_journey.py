"""An appeal in a browser, from a phone to the correction: said, dispatched, dealt with by two agencies, late, supervised,
answered, rated badly, corrected and rated anew. Everybody's page is looked at by axe on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.areas.appeals.factories import city
from tests.browser.conftest import NARROW, PageAt, assert_accessible, screenshot
from tests.kernel.access.factories import DAOLI, NOW, SYSTEM, Person, enterprise, legal_representative_of
from tests.kernel.documents.sound_files import m4a
from tests.web.desk.factories import session_of
from yingshang.areas.appeals.models import Appeal, SupervisionNotice
from yingshang.kernel.clock.api import sweep

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "园区七号路的路灯坏了两周，晚上进出车辆很危险，打过三次电话没有人来修。"


class Clock:
    """What time it is on the pages."""

    def __init__(self) -> None:
        self.now: datetime = NOW + timedelta(minutes=1)

    def goes_on(self, **more: float) -> None:
        """Some time later; what the clocks of appeals do by themselves is done."""
        self.now += timedelta(**more)
        sweep(actor=SYSTEM, now=self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The pages take the time from it."""
    found = Clock()
    monkeypatch.setattr(timezone, "now", lambda: found.now)
    yield found


def enter(page: Page, who: Person, live_server: Any, address: str) -> Page:
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])
    page.goto(address)
    return page


def looked_at(page: Page, name: str) -> None:
    assert_accessible(page)
    screenshot(page, f"appeals-{name}")


def step(page: Page, what: str) -> Locator:
    """A step as the page offers it, opened."""
    found = page.locator(f"#step-{what}")
    if found.get_attribute("open") is None:
        found.locator("summary").click()
    return found


def done(page: Page, name: str, *, within: Locator | None = None) -> None:
    """The button of a step, and what the page says then."""
    (within or page).get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_text(f"已办理：{name}")).to_be_visible()


def test_from_a_phone_to_the_correction(
    page_at: PageAt, live_server: Any, clock: Clock, settings: Any
) -> None:
    people = city()
    party = enterprise(DAOLI)
    owner = legal_representative_of(party)

    # The enterprise says it on a phone, with a voice note.
    usual, settings.DATA_UPLOAD_MAX_MEMORY_SIZE = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, 500_000
    each, settings.DOCUMENT_UPLOAD_LIMIT = settings.DOCUMENT_UPLOAD_LIMIT, 1_000_000
    phone = enter(page_at(NARROW), owner, live_server, "/appeals/new/")
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.DOCUMENT_UPLOAD_LIMIT = usual, each
    looked_at(phone, "say")
    phone.get_by_label("发生了什么事").fill(SAID)
    # What is too large together is not sent, and nothing that was written is lost.
    photograph: Any = {"name": "照片.jpg", "mimeType": "image/jpeg", "buffer": b"x" * 3_100_000}
    phone.get_by_label("附件").set_input_files([photograph, photograph])
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_text("附件加起来超过 6 MB")).to_be_visible()
    expect(phone.get_by_label("发生了什么事")).to_have_value(SAID)
    phone.get_by_label("附件").set_input_files([])
    expect(phone.get_by_text("附件加起来超过")).to_be_hidden()
    note = {"name": "录音.m4a", "mimeType": "audio/mp4", "buffer": m4a(20)}
    phone.get_by_label("录音").set_input_files([note])  # type: ignore[list-item]
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_text("已收到，马上有人办理。")).to_be_visible()
    expect(phone.get_by_label("播放录音 录音.m4a")).to_be_visible()
    looked_at(phone, "said")
    row = Appeal.objects.get()
    own, work = f"/appeals/{row.pk}/", f"/desk/appeals/{row.pk}/"

    # The desk gives it to one agency, which asks another for its part.
    desk = enter(page_at(), people.dispatcher, live_server, "/desk/appeals/")
    looked_at(desk, "to-dispatch")
    desk.get_by_role("link", name=row.title).click()
    dispatch = step(desk, "dispatch")
    dispatch.get_by_label("单位").select_option(value=str(people.market))
    dispatch.get_by_label("一般问题").check()
    looked_at(desk, "dispatch")
    done(desk, "派单办理", within=dispatch)
    enter(desk, people.handler, live_server, work)
    contact = step(desk, "contact")
    contact.get_by_label("电话").check()
    contact.get_by_label("联系情况").fill("已了解情况，路灯由住建部门维护")
    done(desk, "记录联系", within=contact)
    part = step(desk, "part")
    part.get_by_label("单位").select_option(value=str(people.housing))
    part.get_by_label("请协办的事项").fill("请核实七号路路灯的维护计划")
    done(desk, "请其他单位协办", within=part)
    enter(desk, people.helper, live_server, "/desk/appeals/?tab=parts")
    desk.get_by_role("link", name=row.title).click()
    give = step(desk, "give")
    looked_at(desk, "part")
    give.get_by_label("答复").fill("配件已采购，下周更换")
    done(desk, "给出协办意见", within=give)

    # Five days later nothing was answered: it is late, the supervisor sees it and issues a notice.
    clock.goes_on(days=5)
    enter(desk, people.supervisor, live_server, "/desk/appeals/?tab=late")
    looked_at(desk, "late")
    desk.get_by_role("link", name=row.title).click()
    expect(desk.get_by_text("已超期")).to_be_visible()
    demand = step(desk, "notice")
    demand.get_by_label("督办要求").fill("请三日内修复路灯并答复企业")
    looked_at(desk, "supervisor")
    done(desk, "发督办单", within=demand)
    notice = SupervisionNotice.objects.get()
    enter(desk, people.handler, live_server, "/desk/appeals/notices/")
    desk.get_by_role("link", name="诉督〔2026〕1号").click()
    answer = step(desk, "answer")
    looked_at(desk, "notice")
    answer.get_by_label("答复").fill("因配件延误，明日完成更换")
    done(desk, "反馈", within=answer)

    # One reply of both, approved by another; the notice is lifted.
    clock.goes_on(hours=2)
    enter(desk, people.handler, live_server, work)
    reply = step(desk, "reply")
    reply.get_by_label("已解决").check()
    reply.get_by_label("答复").fill("七号路路灯已全部更换，今晚起正常照明。")
    done(desk, "起草答复", within=reply)
    done(desk, "提交审签")
    enter(desk, people.approver, live_server, "/desk/appeals/?tab=approve")
    desk.get_by_role("link", name=row.title).click()
    looked_at(desk, "approve")
    done(desk, "审签并发送", within=step(desk, "send"))
    enter(desk, people.supervisor, live_server, f"/desk/appeals/notices/{notice.pk}/")
    lift = step(desk, "lift")
    lift.get_by_label("意见").fill("已答复企业")
    done(desk, "销号", within=lift)

    # The enterprise was answered and is not content: the agency calls, corrects, and is rated anew.
    clock.goes_on(hours=1)
    enter(phone, owner, live_server, own)
    expect(phone.get_by_text("请您看看是否解决")).to_be_visible()
    looked_at(phone, "answered")
    phone.get_by_role("group", name="问题是否解决").get_by_label("否").check()
    phone.get_by_role("button", name="不满意", exact=True).click()
    expect(phone.get_by_text("谢谢，评价已收到。")).to_be_visible()
    looked_at(phone, "rated")
    enter(desk, people.handler, live_server, "/desk/ratings/")
    desk.get_by_role("link", name=row.number).or_(desk.get_by_role("link", name=row.title)).first.click()
    looked_at(desk, "bad-rating")
    for told in ("已电话致歉，核实还有两盏不亮", "已补换两盏，并安排每周巡查"):
        desk.get_by_label("办理情况").fill(told)
        desk.get_by_role("button", name="保存").click()
    expect(desk.get_by_text("已补换两盏")).to_be_visible()
    phone.reload()
    expect(phone.get_by_text("已整改，请再次评价")).to_be_visible()
    looked_at(phone, "corrected")
    phone.get_by_role("group", name="问题是否解决").get_by_label("是").check()
    phone.get_by_role("button", name="满意", exact=True).click()
    expect(phone.get_by_text("谢谢，评价已收到。")).to_be_visible()
    phone.get_by_role("button", name="已解决，确认办结").click()
    expect(phone.get_by_text("谢谢，这件诉求已办结。")).to_be_visible()
    row.refresh_from_db()
    notice.refresh_from_db()
    assert (row.state, row.closed_by, row.late, notice.state) == ("closed", "enterprise", True, "lifted")
