"""Work on tasks and cases, through the pages: who sees what, what may be done, and what is not offered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.kernel.flow import factories as flow
from tests.kernel.flow.factories import heard  # noqa: F401  (a fixture)
from tests.web.desk.factories import signed_in
from yingshang.kernel.access.models import PersonalDataView
from yingshang.kernel.flow.api import (
    NewDebt,
    Term,
    accept_commitment,
    accept_with_debts,
    claim_task,
    get_case,
    get_task,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


@pytest.fixture(autouse=True)
def later_that_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the factories arrange happens on a day that may be ahead of this machine's."""
    monkeypatch.setattr(timezone, "now", lambda: flow.LATER)


def page(client: Client, address: str, **data: Any) -> str:
    response = client.get(address, data)
    assert response.status_code == 200, (address, response.status_code)
    return str(response.content.decode())


def test_my_work_shows_what_waits_for_me_and_what_i_hold() -> None:
    case = flow.open_case()
    window, officer = flow.window(), flow.officer()
    assert case.subject.title in page(signed_in(window), "/desk/tasks/", shelf="claimable")
    assert case.subject.title not in page(signed_in(window), "/desk/tasks/")
    assert case.subject.title not in page(signed_in(officer), "/desk/tasks/", shelf="claimable")
    task = flow.task_at(case, "accept")
    assert signed_in(window).post(f"/desk/tasks/{task.pk}/claim/").status_code == 302
    assert case.subject.title in page(signed_in(window), "/desk/tasks/")
    assert case.subject.title in page(
        signed_in(window), "/desk/tasks/", text=case.subject.title, definition="sample"
    )
    assert case.subject.title not in page(signed_in(window), "/desk/tasks/", text="没有这样的事")
    assert signed_in(window).get("/desk/tasks/", {"shelf": "all-of-them"}).status_code == 404


def test_a_decision_is_taken_beside_the_case() -> None:
    case = flow.open_case()
    window = flow.window()
    task = flow.task_at(case, "accept")
    client = signed_in(window)
    html = page(client, f"/desk/tasks/{task.pk}/")
    assert 'name="outcome"' in html and "不予受理" in html and "全程时限" in html
    assert client.post(f"/desk/tasks/{task.pk}/", {"opinion": "看过了"}).status_code == 422
    assert client.post(f"/desk/tasks/{task.pk}/", {"outcome": "no_such"}).status_code == 422
    response = client.post(f"/desk/tasks/{task.pk}/", {"outcome": "accepted", "opinion": "材料齐全"})
    assert response.status_code == 302
    task.refresh_from_db()
    assert (task.state, task.outcome, task.opinion) == ("done", "accepted", "材料齐全")
    html = page(client, f"/desk/tasks/{task.pk}/")
    assert 'name="outcome"' not in html and "材料齐全" in html


def test_what_is_not_possible_is_not_offered() -> None:
    case = flow.open_case()
    task = flow.task_at(case, "accept")
    window, other, officer = flow.window(), flow.window(), flow.officer()
    claim_task(actor=window.actor(), task_id=task.pk, now=flow.NOW)
    html = page(signed_in(other), f"/desk/tasks/{task.pk}/")
    assert 'name="outcome"' not in html and "退回补正" not in html.split('class="panel decide"')[1]
    assert signed_in(other).get(f"/desk/tasks/{task.pk}/return/").status_code == 404
    assert signed_in(other).post(f"/desk/tasks/{task.pk}/", {"outcome": "accepted"}).status_code == 302
    task.refresh_from_db()
    assert task.state == "claimed", "the post of somebody else changed nothing"
    elsewhere = flow.window(flow.NANGANG)
    assert signed_in(elsewhere).get(f"/desk/tasks/{task.pk}/").status_code == 404
    assert signed_in(elsewhere).get(f"/desk/cases/{case.id}/").status_code == 404
    assert officer.id != window.id


WAYS: dict[str, dict[str, Any]] = {
    "return": {"what": "营业执照副本\n法定代表人身份证明", "note": "请补"},
    "deficiency": {"materials": "场地证明", "days": "10"},
    "commitment": {"promised": "经营场所符合消防要求", "days": "20", "note": ""},
    "reject": {"reason": "不属于本区受理"},
}


@pytest.mark.parametrize("what", sorted(WAYS))
def test_other_ways_open_in_a_drawer_and_are_done(what: str) -> None:
    case = flow.open_case()
    task = flow.task_at(case, "accept")
    client = signed_in(flow.window())
    address = f"/desk/tasks/{task.pk}/{what}/"
    fragment = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and "hx-post" in fragment
    assert "<html" in page(client, address)
    assert client.post(address, {}).status_code == 422
    response = client.post(address, WAYS[what], headers={"HX-Request": "true"})
    assert response.status_code == 204 and response["HX-Redirect"].startswith("/desk/tasks/")
    html = page(client, f"/desk/cases/{case.id}/")
    for words in WAYS[what].values():
        for line in words.splitlines():
            assert line.isdecimal() or line in html, line


def test_a_consultation_gathers_opinions() -> None:
    case = flow.open_case()
    task = flow.task_at(case, "accept")
    asker, asked = flow.window(), flow.officer(kind=flow.TAX)
    client = signed_in(asker)
    agency = asked.user.appointments.get().agency_id
    sent = {"agencies": [agency], "question": "是否欠税？", "days": "3"}
    assert client.post(f"/desk/tasks/{task.pk}/consult/", sent).status_code == 302
    case_page = page(client, f"/desk/cases/{case.id}/")
    assert "是否欠税？" in case_page and "等待答复" in case_page
    opinion = task.opinions.get()
    html = page(signed_in(asked), f"/desk/tasks/{opinion.pk}/")
    assert "是否欠税？" in html and 'name="stance"' in html
    refused = signed_in(asked).post(f"/desk/tasks/{opinion.pk}/", {"stance": "objects", "text": ""})
    assert refused.status_code == 422
    answer = {"stance": "conditional", "text": "补缴后同意"}
    assert signed_in(asked).post(f"/desk/tasks/{opinion.pk}/", answer).status_code == 302
    assert "补缴后同意" in page(client, f"/desk/tasks/{task.pk}/")


def test_passing_on_and_passing_over() -> None:
    case = flow.open_case()
    task = flow.task_at(case, "accept")
    window, colleague, chief = flow.window(), flow.window(), flow.dispatcher()
    claim_task(actor=window.actor(), task_id=task.pk, now=flow.NOW)
    address = f"/desk/tasks/{task.pk}/delegate/"
    assert str(colleague.user) in page(signed_in(window), address)
    assert signed_in(window).post(address, {"to_user_id": str(colleague.id)}).status_code == 302
    task.refresh_from_db()
    assert task.assignee_id == colleague.id
    address = f"/desk/tasks/{task.pk}/reassign/"
    both_empty = signed_in(chief).post(address, {"reason": "休假"})
    assert both_empty.status_code == 422
    sent = {"to_user_id": str(window.id), "reason": "休假"}
    assert signed_in(chief).post(address, sent).status_code == 302
    task.refresh_from_db()
    assert task.assignee_id == window.id
    elsewhere = flow.agency(flow.HARBIN, flow.SERVICE)
    flow.window(flow.HARBIN)
    handed = {"to_agency_id": str(elsewhere.pk), "later_steps": "on", "reason": "职责划转"}
    # Who distributes the work of the region alone passes nothing on to another.
    assert signed_in(flow.dispatcher(flow.DAOLI)).post(address, handed).status_code == 422
    assert signed_in(chief).post(address, {**sent, "later_steps": "on"}).status_code == 422
    assert signed_in(chief).post(address, handed).status_code == 302
    task.refresh_from_db()
    assert task.agency_id == elsewhere.pk == flow.stored(case).agencies["window"]


def test_several_at_once() -> None:
    cases = [flow.open_case() for _ in range(3)]
    window = flow.window()
    client = signed_in(window)
    ids = [flow.task_at(case, "accept").pk for case in cases]
    assert client.post("/desk/tasks/batch/", {"what": "claim", "task": ids[:2]}).status_code == 302
    assert {get_task(actor=window.actor(), task_id=each, now=flow.NOW).state for each in ids[:2]} == {
        "claimed"
    }
    look = client.post("/desk/tasks/batch/", {"what": "complete", "task": ids})
    html = look.content.decode()
    assert look.status_code == 200 and all(case.subject.title in html for case in cases)
    sent = {"what": "complete", "sent": "yes", "task": ids, "outcome": "accepted", "opinion": "同意"}
    assert client.post("/desk/tasks/batch/", sent).status_code == 302
    assert {get_task(actor=window.actor(), task_id=each, now=flow.NOW).state for each in ids} == {"done"}
    assert client.post("/desk/tasks/batch/", {"what": "complete"}).status_code == 302


def test_a_case_tells_where_it_stands_and_why() -> None:
    case = flow.case_awaiting_verification()
    window = flow.window()
    client = signed_in(window)
    html = page(client, f"/desk/cases/{case.id}/")
    assert "<svg" in html and "受理（" in html and "全程时限" in html
    assert "核实" in html and "踏勘" in html
    english = client.get(f"/desk/cases/{case.id}/", headers={"Accept-Language": "en"})
    assert english.status_code == 200


def test_debts_are_settled_and_commitments_checked() -> None:
    case = flow.open_case()
    window = flow.window()
    client = signed_in(window)
    task = flow.task_at(case, "accept").pk
    accept_with_debts(
        actor=window.actor(), task_id=task, debts=[NewDebt("场地证明", Term(5, "working_days"))], now=flow.NOW
    )
    accept_commitment(actor=window.actor(), task_id=task, promised=["符合消防要求"], now=flow.NOW)
    detail = get_case(actor=window.actor(), case_id=case.id, now=flow.NOW)
    assert client.post(f"/desk/cases/{case.id}/debts/{detail.debts[0].id}/").status_code == 302
    address = f"/desk/cases/{case.id}/commitments/{detail.commitments[0].id}/"
    assert "核查" in page(client, address)
    assert client.post(address, {"kept": "yes", "finding": "现场核查属实"}).status_code == 302
    detail = get_case(actor=window.actor(), case_id=case.id, now=timezone.now())
    assert (detail.debts[0].state, detail.commitments[0].state) == ("settled", "kept")


def test_supervisors_find_late_cases_and_everybody_exports() -> None:
    case = flow.open_case()
    chief = flow.dispatcher()
    client = signed_in(chief)
    assert case.subject.title in page(client, "/desk/cases/")
    assert case.subject.title not in page(client, "/desk/cases/", late="yes")
    with pytest.MonkeyPatch.context() as at:
        at.setattr(timezone, "now", lambda: flow.NOW + timedelta(days=30))
        client = signed_in(chief)
        assert case.subject.title in page(client, "/desk/cases/", late="yes")
        assert "超期" in page(client, "/desk/")
    assert case.number in b"".join(client.get("/desk/cases/", {"export": "csv"})).decode()
    assert client.get("/desk/tasks/", {"shelf": "open", "export": "xlsx"}).status_code == 200


def test_what_is_due_begins_the_day() -> None:
    case = flow.open_case()
    assert case.subject.title in page(signed_in(flow.window()), "/desk/")
    assert case.subject.title not in page(signed_in(flow.officer()), "/desk/")


def test_lists_ask_no_more_for_more_rows(django_assert_max_num_queries: Any) -> None:
    window = flow.window()
    for _ in range(8):
        flow.open_case()
    client = signed_in(window)
    client.get("/desk/tasks/")
    with django_assert_max_num_queries(22):
        page(client, "/desk/tasks/", shelf="claimable")
    with django_assert_max_num_queries(26):
        page(client, "/desk/cases/")


def test_the_form_of_a_step_is_filled_in_beside_the_case() -> None:
    from tests.kernel.flow import test_step_forms as steps

    case = steps.inspected_case()
    task = flow.task_at(case, "visit")
    client = signed_in(flow.window())
    address = f"/desk/tasks/{task.pk}/"
    html = page(client, address)
    # The form has a field of the decision's own name; both are there, apart.
    assert 'name="area"' in html and 'name="opinion"' in html and 'name="decision-opinion"' in html
    assert "multipart/form-data" in html and "data-fillable" in html
    sent = {"decision-outcome": "done", "decision-opinion": "属实", "area": "120.5", "dangerous": "false"}
    response = client.post(address, sent)
    assert response.status_code == 422 and 'value="120.5"' in response.content.decode(), (
        "nothing typed is lost"
    )
    response = client.post(address, {**sent, "opinion": "通道畅通", "phone": "13812345678"})
    assert response.status_code == 302
    task.refresh_from_db()
    assert (task.state, task.opinion) == ("done", "属实")
    html = page(client, f"/desk/cases/{case.id}/")
    # Whoever works on it and may see what is about people does, and is noted down; others do not.
    assert "踏勘记录" in html and "通道畅通" in html and "13812345678" in html
    assert PersonalDataView.objects.filter(party_id=case.party_id, fields=["phone"]).count() == 1
    others = page(signed_in(flow.dispatcher()), f"/desk/cases/{case.id}/")
    assert "通道畅通" in others and "13812345678" not in others
    # What has a form is not done together with others.
    other = steps.api.start_case(
        actor=flow.SYSTEM, definition="by_inspection", subject=steps.api.Subject(flow.SUBJECT, "t", "演示踏勘二"),
        party_id=None, region_code=flow.DAOLI, agencies=dict(case.agencies), now=flow.NOW,
    )  # fmt: skip
    html = client.post(
        "/desk/tasks/batch/", {"what": "complete", "task": [flow.task_at(other, "visit").pk]}
    ).content.decode()
    assert "请逐件办理" in html and "全部办理" not in html
