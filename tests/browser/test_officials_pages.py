"""Every page for officials, wide and narrow: nothing for axe to find, nothing sticking out, and a picture of each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import NARROW, WIDE, PageAt, assert_accessible
from tests.browser.conftest import look as look_at
from tests.kernel.access.factories import DAOLI, HARBIN, HEILONGJIANG, Person, official
from tests.kernel.parties.factories import a_party, region_tree
from tests.processes.enterprise_binding.situations import in_state
from tests.web.desk.factories import city, fact_import, session_of
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)


def enter(page: Any, who: Person, live_server: Any) -> None:
    """With the session of somebody who has logged in; the form itself has journeys of its own."""
    page.context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])


def look(page_at: PageAt, live_server: Any, who: Person, pages: dict[str, str]) -> None:
    """What somebody in office sees."""
    page = page_at()
    enter(page, who, live_server)
    look_at(page, pages)


def test_workbench(page_at: PageAt, live_server: Any) -> None:
    parties = city(60)
    delivered = fact_import(DAOLI)
    fact_import(DAOLI, state="running", rows_done=40, finished_at=None, rejected=0)
    who = official("department_official", HARBIN.replace("230100", DAOLI))
    look(
        page_at,
        live_server,
        who,
        {
            "desk-home": "/desk/",
            "desk-search": "/desk/search/?text=演示",
            "desk-parties": "/desk/parties/?size=微型",
            "desk-party": f"/desk/parties/{parties[0].pk}/",
            "desk-imports": "/desk/imports/",
            "desk-import-new": "/desk/imports/new/",
            "desk-import": f"/desk/imports/{delivered.pk}/",
        },
    )


def test_decisions(page_at: PageAt, live_server: Any) -> None:
    found = in_state("in_review")
    one, other = (
        a_party("演示同名商贸", facts={"ent.status": "存续", "ent.registered_capital": n}) for n in ("1", "2")
    )
    look(
        page_at,
        live_server,
        found.reviewer,
        {
            "bindings": "/desk/bindings/",
            "binding": f"/desk/bindings/{found.request.id}/",
            "desk-home-due": "/desk/",
        },
    )
    look(
        page_at,
        live_server,
        official("department_official", DAOLI),
        {"duplicates": "/desk/duplicates/", "duplicate": f"/desk/duplicates/{one.pk}/{other.pk}/"},
    )


def test_cockpit(page_at: PageAt, live_server: Any) -> None:
    region_tree(HEILONGJIANG)
    region_tree(HARBIN)
    city(300, places=("230102", "230103", "230202", "231002", "230604"))
    who = official("leader", HEILONGJIANG)
    look(
        page_at,
        live_server,
        who,
        {
            "cockpit": "/cockpit/",
            "cockpit-harbin": "/cockpit/?region=230100",
            "cockpit-county": "/cockpit/?region=230102",
        },
    )


def test_the_cockpit_stands_on_one_screen(page_at: PageAt, live_server: Any) -> None:
    region_tree(HARBIN)
    city(300, places=("230102", "230103", "230104", "230108", "230109"))
    page = page_at(WIDE)
    enter(page, official("leader", HARBIN), live_server)
    page.goto("/cockpit/")
    page.wait_for_selector("[data-map][data-drawn]")
    boxes = page.locator(".cockpit-board .panel").evaluate_all(
        "all => all.map(each => { const box = each.getBoundingClientRect();"
        " return [box.left, box.top, box.right, box.bottom, each.scrollHeight - each.clientHeight]; })"
    )
    assert max(box[3] for box in boxes) <= 900, "all of it is seen without scrolling"
    assert all(box[4] <= 1 for box in boxes), "and nothing is hidden inside a part"
    for one in boxes:
        for other in boxes:
            below = other[1] - one[3]
            if one is not other and -1 < below < 60 and other[0] < one[2] and one[0] < other[2]:
                assert abs(below - 12) < 1, "parts stand evenly apart"


def test_administration(page_at: PageAt, live_server: Any) -> None:
    who = official("administrator", HARBIN)
    other = official("department_official", DAOLI)
    look(
        page_at,
        live_server,
        who,
        {
            "administration": "/administration/",
            "regions": "/administration/regions/230100/",
            "agencies": "/administration/agencies/",
            "agency": f"/administration/agencies/{other.user.agency_id}/",
            "users": "/administration/users/",
            "user": f"/administration/users/{other.id}/",
            "roles": "/administration/roles/",
            "clients": "/administration/clients/",
            "client-add": "/administration/clients/add/",
            "calendar": "/administration/calendars/",
            "calendar-provisional": "/administration/calendars/?year=2027",
            "facts": "/administration/facts/",
            "fact": "/administration/facts/fin.revenue/",
        },
    )


def test_record_of_actions(page_at: PageAt, live_server: Any) -> None:
    who = official("auditor", HARBIN)
    official("window_official", DAOLI)
    event = AuditEvent.objects.filter(action="access.appointed").latest("id")
    look(
        page_at,
        live_server,
        who,
        {"audit": "/administration/audit/", "audit-event": f"/administration/audit/{event.pk}/"},
    )


def test_job_console(page_at: PageAt, live_server: Any) -> None:
    who = official("operator", HARBIN)
    look(page_at, live_server, who, {"jobs": "/administration/jobs/"})


def test_verification(page_at: PageAt, live_server: Any) -> None:
    (party,) = city(1)
    look_at(
        page_at(),
        {
            "verify": "/verify/",
            "verify-valid": f"/verify/{party.credit_code}",
            "verify-invalid": "/verify/91230102MA1DEMO00X",
        },
    )


def test_administration_in_english_in_the_dark_on_a_telephone(
    page_at: PageAt, live_server: Any, settings: Any
) -> None:
    """With the stripe of a demonstration, which stands on every page there."""
    settings.DEMONSTRATION = True
    who = official("administrator", HARBIN)
    other = official("department_official", DAOLI)
    auditor, operator = official("auditor", HARBIN), official("operator", HARBIN)
    event = AuditEvent.objects.filter(action="access.appointed").latest("id")
    delivered = fact_import(DAOLI)
    pages = {
        who: [
            "/administration/",
            "/administration/regions/230100/",
            "/administration/agencies/",
            f"/administration/agencies/{other.user.agency_id}/",
            "/administration/users/",
            f"/administration/users/{other.id}/",
            "/administration/roles/",
            "/administration/clients/add/",
            "/administration/calendars/",
            "/administration/ladders/",
            "/administration/flows/",
            "/administration/forms/",
            "/administration/documents/",
            "/administration/messages/templates/",
            "/administration/facts/",
            "/administration/facts/fin.revenue/",
        ],
        auditor: ["/administration/audit/", f"/administration/audit/{event.pk}/", "/administration/log/"],
        operator: ["/administration/jobs/"],
        other: [f"/desk/imports/{delivered.pk}/", "/desk/imports/new/"],
    }
    findings = []
    for person, addresses in pages.items():
        page = page_at(NARROW, locale="en-US", color_scheme="dark")
        enter(page, person, live_server)
        for address in addresses:
            response = page.goto(address)
            if response is None or response.status != 200:
                findings.append(f"{address}: {response and response.status}")
                continue
            assert page.evaluate("document.documentElement.lang") == "en"
            try:
                assert_accessible(page)
            except AssertionError as error:
                findings.append(str(error).splitlines()[:6])
    assert not findings, findings
