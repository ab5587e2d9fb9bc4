"""Administration: regions, agencies, people, roles, systems, calendars, the catalogue, the record of actions, jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    QIQIHAR,
    Person,
    agency,
    no_event,
    official,
    one_event,
    person,
)
from tests.web.desk.factories import city, signed_in
from yingshang.kernel.access.models import Appointment, SystemClient, User
from yingshang.kernel.jobs.api import enqueue
from yingshang.kernel.jobs.models import JobProgress
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.tasks import import_facts_job
from yingshang.web.administration.failures import failure_of, without_personal_data
from yingshang.web.administration.year_view import year_view
from yingshang.web.changes import changes

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Client:
    """An administrator of Harbin and what lies below."""
    return signed_in(official("administrator", HARBIN))


@pytest.fixture
def auditor() -> Client:
    """An auditor of Harbin and what lies below."""
    return signed_in(official("auditor", HARBIN))


def text_of(client: Client, address: str, **query: Any) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


# --- the first page, regions ------------------------------------------------------------------------------------------


def test_the_first_page_offers_what_one_may_open(administrator: Client, auditor: Client) -> None:
    assert "接入系统" in text_of(administrator, "/administration/")
    page = text_of(auditor, "/administration/")
    assert "操作记录" in page and "接入系统" not in page


def test_regions_are_browsed_and_searched(administrator: Client) -> None:
    city(1, places=(DAOLI, NANGANG))
    page = text_of(administrator, f"/administration/regions/{HARBIN}/")
    assert "道里区" in page and "南岗区" in page
    assert "呼兰区" in text_of(administrator, "/administration/regions/", text="呼兰")
    assert administrator.get("/administration/regions/999999/").status_code in (404, 422)


def test_counts_of_enterprises_are_for_those_who_may_see_them(administrator: Client) -> None:
    city(3, places=(DAOLI,))
    address = f"/administration/regions/{HARBIN}/"
    assert "/desk/parties/?region=230102" in text_of(signed_in(official("leader", HARBIN)), address)
    assert "/desk/parties/?region=230102" not in text_of(administrator, address)


# --- agencies ---------------------------------------------------------------------------------------------------------


def test_agencies_of_the_scope_only(administrator: Client) -> None:
    here, elsewhere = agency(DAOLI, "tax"), agency(QIQIHAR, "tax")
    page = text_of(administrator, "/administration/agencies/")
    assert here.name in page and elsewhere.name not in page
    assert administrator.get(f"/administration/agencies/{elsewhere.pk}/").status_code == 404


def test_an_agency_is_added_renamed_moved_and_closed(administrator: Client) -> None:
    agency(DAOLI)
    agency(NANGANG)
    with one_event("parties.agency_added"):
        answer = administrator.post(
            "/administration/agencies/add/",
            {"name": "道里区试验局", "code": "230102-trial", "kind": "tax", "region": DAOLI},
        )
    assert answer.status_code == 302
    address = answer["Location"]
    with one_event("parties.agency_renamed"):
        assert administrator.post(f"{address}rename/", {"name": "道里区验证局"}).status_code == 302
    with one_event("parties.agency_moved"):
        assert administrator.post(f"{address}move/", {"region": NANGANG}).status_code == 302
    with one_event("parties.agency_deactivated"):
        assert administrator.post(f"{address}deactivate/", {"reason": "撤并"}).status_code == 302
    page = text_of(administrator, address)
    assert "道里区验证局" in page and "停用" in page


def test_what_cannot_be_an_agency_is_told_in_the_form(administrator: Client) -> None:
    here = agency(DAOLI)
    before = AuditEvent.objects.count()
    for values in (
        {"name": "重复", "code": here.code, "kind": "tax", "region": DAOLI},
        {"name": "远方", "code": "far", "kind": "tax", "region": QIQIHAR},
        {"name": "无处", "code": "nowhere", "kind": "tax", "region": "999999"},
    ):
        answer = administrator.post("/administration/agencies/add/", values)
        assert answer.status_code in (404, 422), values
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("language", "missing", "none", "taken"),
    [
        ("zh-hans", "没有设置机关代字", "没有代字", "的机关代字，请填写其他代字"),
        ("en", "It has no document code.", "Without one", "is the document code of"),
    ],
)
def test_an_agency_without_a_document_code_says_so_until_it_has_one(
    administrator: Client, language: str, missing: str, none: str, taken: str
) -> None:
    here, there = agency(DAOLI, "tax"), agency(NANGANG, "tax")
    administrator.cookies["django_language"] = language
    address, other = f"/administration/agencies/{here.pk}/", f"/administration/agencies/{there.pk}/"
    assert missing in text_of(administrator, address)
    with one_event("parties.agency_document_code_set"):
        done = administrator.post(f"{address}document-code/", {"document_code": "里税"})
    page = text_of(administrator, address)
    assert done.status_code == 302 and "<dd>里税</dd>" in page and missing not in page
    # What was typed is kept, with why it cannot be.
    for typed in ("里税", "里税1"):
        with no_event():
            refused = administrator.post(f"{other}document-code/", {"document_code": typed})
        assert refused.status_code == 422 and f'value="{typed}"' in refused.content.decode()
        assert (taken in refused.content.decode()) == (typed == "里税")
    listed = "/administration/agencies/"
    page = text_of(administrator, listed)
    assert "里税" in page and none in page
    assert here.name not in text_of(administrator, listed, with_document_code="no", kind="tax")
    assert there.name not in text_of(administrator, listed, with_document_code="yes", kind="tax")
    assert administrator.post(f"{address}document-code/", {"document_code": ""}).status_code == 302
    assert missing in text_of(administrator, address)


def test_a_new_agency_may_have_a_document_code(administrator: Client) -> None:
    agency(DAOLI)
    values = {"name": "道里区试验局", "code": "230102-trial", "kind": "tax", "region": DAOLI}
    with no_event():
        refused = administrator.post("/administration/agencies/add/", {**values, "document_code": "里-试"})
    assert refused.status_code == 422 and "里-试" in refused.content.decode()
    made = administrator.post("/administration/agencies/add/", {**values, "document_code": "里试"})
    assert made.status_code == 302 and "<dd>里试</dd>" in text_of(administrator, made["Location"])


# --- people -----------------------------------------------------------------------------------------------------------


def test_users_of_the_scope_by_role_and_words(administrator: Client) -> None:
    here, elsewhere = official("window_official", DAOLI), official("window_official", QIQIHAR)
    page = text_of(administrator, "/administration/users/", role="window_official")
    assert here.user.username in page and elsewhere.user.username not in page
    assert administrator.get(f"/administration/users/{elsewhere.id}/").status_code == 404


@pytest.mark.parametrize(
    "address", ["/administration/users/", "/administration/agencies/", "/administration/clients/"]
)
def test_as_many_queries_for_many_rows_as_for_one(administrator: Client, address: str) -> None:
    official("window_official", DAOLI)
    one = queries(administrator, address)
    for number in range(12):
        official("window_official", DAOLI)
        agency(DAOLI, f"kind-{number}")
    assert queries(administrator, address) == one


def test_a_user_is_made_and_appointed(administrator: Client) -> None:
    place = agency(DAOLI)
    with one_event("access.user_created"):
        answer = administrator.post(
            "/administration/users/add/",
            {"name": "演示新人", "username": "newcomer", "agency_id": place.pk, "email": "new@example.org"},
        )
    assert answer.status_code == 302, answer.content.decode()
    with one_event("access.appointed"):
        done = administrator.post(
            f"{answer['Location']}appoint/", {"role": "window_official", "agency_id": place.pk}
        )
    assert done.status_code == 302
    assert "窗口人员" in text_of(administrator, answer["Location"])


def test_conflicts_are_explained_before_anything_is_saved(administrator: Client) -> None:
    who = official("department_official", DAOLI)
    place = agency(DAOLI)
    address = f"/administration/users/{who.id}/appoint/"
    events, held = AuditEvent.objects.count(), Appointment.objects.count()
    htmx = {"HX-Request": "true"}
    warned = administrator.post(address, {"role": "treasurer", "agency_id": place.pk}, headers=htmx)
    assert "不相容" in warned.content.decode()
    fine = administrator.post(address, {"role": "policy_author", "agency_id": place.pk}, headers=htmx)
    assert "没有冲突" in fine.content.decode()
    assert (AuditEvent.objects.count(), Appointment.objects.count()) == (events, held)
    refused = administrator.post(address, {"role": "treasurer", "agency_id": place.pk})
    assert refused.status_code == 422 and "不相容" in refused.content.decode()
    assert Appointment.objects.count() == held


def test_an_appointment_is_ended_with_a_reason(administrator: Client) -> None:
    who = official("window_official", DAOLI)
    (held,) = Appointment.objects.filter(user=who.user)
    address = f"/administration/users/{who.id}/appointments/{held.pk}/end/"
    assert administrator.post(address, {"reason": ""}).status_code == 422
    with one_event("access.appointment_ended"):
        assert administrator.post(address, {"reason": "调离"}).status_code == 302


def test_somebody_locked_out_is_let_in_again(administrator: Client) -> None:
    who = official("window_official", DAOLI)
    AccessAttempt.objects.create(
        username=who.user.username,
        failures_since_start=5,
        attempt_time=timezone.now(),
        ip_address="127.0.0.1",
    )
    address = f"/administration/users/{who.id}/"
    assert "被锁定" in text_of(administrator, address)
    with one_event("access.user_unlocked"):
        assert administrator.post(f"{address}unlock/", {"reason": "本人来电核实"}).status_code == 302
    assert "被锁定" not in text_of(administrator, address)
    assert not AccessAttempt.objects.exists()


def test_nobody_unlocks_or_appoints_themself() -> None:
    who = official("administrator", HARBIN)
    client = signed_in(who)
    page = text_of(client, f"/administration/users/{who.id}/")
    assert "账号操作" not in page
    answer = client.post(f"/administration/users/{who.id}/unlock/", {"reason": "自己来"})
    assert answer.status_code in (403, 422)


def test_closing_an_account_and_opening_it_again(administrator: Client) -> None:
    who = official("window_official", DAOLI)
    address = f"/administration/users/{who.id}/"
    with one_event("access.user_deactivated"):
        administrator.post(f"{address}deactivate/", {"reason": "长期离岗"})
    assert not User.objects.get(pk=who.id).is_active
    with one_event("access.user_activated"):
        administrator.post(f"{address}activate/", {"reason": "回岗"})


def test_the_matrix_of_roles_and_permissions(administrator: Client) -> None:
    page = text_of(administrator, "/administration/roles/")
    assert "parties.view_personal" in page and "资金拨付人员" in page and 'aria-label="有"' in page


# --- systems ----------------------------------------------------------------------------------------------------------


def test_a_secret_is_shown_once_and_changed(administrator: Client) -> None:
    place = agency(HARBIN)
    with one_event("access.client_registered"):
        answer = administrator.post(
            "/administration/clients/add/",
            {"name": "演示接入系统", "role": "department_official", "agency_id": place.pk},
        )
    if answer.status_code == 422:
        pytest.fail(answer.content.decode())
    assert answer.status_code == 201
    secret = answer.context["secret"].secret
    assert secret in answer.content.decode() and "no-store" in answer["Cache-Control"]
    listed = text_of(administrator, "/administration/clients/")
    assert "演示接入系统" in listed and secret not in listed
    client = SystemClient.objects.get()
    fresh = administrator.post(f"/administration/clients/{client.pk}/rotate/")
    assert fresh.context["secret"].secret not in (secret, "")
    gone = administrator.post(f"/administration/clients/{client.pk}/disable/", {"reason": "项目结束"})
    assert gone.status_code == 302
    assert "停用" in text_of(administrator, "/administration/clients/")


# --- calendars --------------------------------------------------------------------------------------------------------


def test_a_year_of_the_calendar_with_its_notice(administrator: Client) -> None:
    page = text_of(administrator, "/administration/calendars/", year=2026)
    assert "国庆节" in page and "国办发明电" in page and "10-10" in page
    for year in ("1900", "nonsense", ""):
        assert administrator.get(f"/administration/calendars/?year={year}").status_code == 200
    assert administrator.get("/administration/calendars/nowhere/").status_code in (404, 422)


def test_a_provisional_year_says_so(administrator: Client) -> None:
    assert "是暂定的" in text_of(administrator, "/administration/calendars/", year=2030)


def test_the_layout_of_a_year_agrees_with_the_calendar() -> None:
    from yingshang.kernel.clock.api import national

    calendar = national()
    for year in (2020, 2026, 2030):
        days = [
            day
            for month in year_view(calendar, year, today=timezone.localdate()).months
            for week in month.weeks
            for day in week
            if day is not None
        ]
        assert len(days) in (365, 366)
        for day in days:
            assert (day.kind in ("working", "makeup")) == calendar.is_working_day(day.date)


# --- the catalogue ----------------------------------------------------------------------------------------------------


def test_facts_are_filtered_and_shown_with_their_coverage(administrator: Client) -> None:
    city(4, places=(DAOLI,))
    listed = administrator.get("/administration/facts/", {"agency": "税务局", "type": "number"}).context[
        "listing"
    ]
    assert listed.total and {row.agency for row in listed.rows} == {"税务局"}
    page = text_of(administrator, "/administration/facts/fin.revenue/")
    year = timezone.localdate().year - 1
    assert f"fin.revenue.{year}" in page and "100%" in page and "在保鲜期内" in page
    assert "已过保鲜期" in text_of(administrator, "/administration/facts/ent.status/")
    assert administrator.get("/administration/facts/no.such/").status_code in (404, 422)


def test_coverage_counts_the_scope_only() -> None:
    city(4, places=(DAOLI, QIQIHAR))
    page = text_of(signed_in(official("administrator", DAOLI)), "/administration/facts/ent.status/")
    assert "共有 2 家企业" in page


# --- the record of actions --------------------------------------------------------------------------------------------


def test_events_of_the_scope_and_of_its_people(auditor: Client) -> None:
    here, elsewhere = official("window_official", DAOLI), official("window_official", QIQIHAR)
    page = text_of(auditor, "/administration/audit/", action="access.appointed")
    assert str(here.user) in page and str(elsewhere.user) not in page


def test_events_by_day_and_words(auditor: Client) -> None:
    official("window_official", DAOLI)
    last = AuditEvent.objects.order_by("-occurred_at").values_list("occurred_at", flat=True)[0]
    day = timezone.localdate(last)
    assert auditor.get("/administration/audit/", {"since": day, "until": day}).context["listing"].total
    after = day + timedelta(days=1)
    assert auditor.get("/administration/audit/", {"since": after}).context["listing"].total == 0
    assert auditor.get("/administration/audit/", {"who": "没有这个人"}).context["listing"].total == 0


def test_an_event_with_before_and_after(auditor: Client) -> None:
    official("window_official", DAOLI)
    event = AuditEvent.objects.filter(action="access.appointed", region_path=DAOLI).latest("id")
    page = text_of(auditor, f"/administration/audit/{event.pk}/")
    assert "window_official" in page and "新增" in page
    official("window_official", QIQIHAR)
    elsewhere = AuditEvent.objects.filter(action="access.appointed", region_path__startswith="2302").latest(
        "id"
    )
    assert auditor.get(f"/administration/audit/{elsewhere.pk}/").status_code == 404


def test_events_are_exported(auditor: Client) -> None:
    official("window_official", DAOLI)
    answer = auditor.get("/administration/audit/?export=csv&action=access.appointed")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert text.startswith("时间,操作人,动作,对象") and "任职" in text


def test_as_many_queries_for_many_events_as_for_one(auditor: Client) -> None:
    one = queries(auditor, "/administration/audit/")
    for _ in range(5):
        official("window_official", DAOLI)
    assert queries(auditor, "/administration/audit/") == one


def test_changes_are_told_value_by_value() -> None:
    told = {
        each.path: (each.kind, each.before, each.after)
        for each in changes({"a": 1, "b": {"c": "x"}, "d": None}, {"a": 1, "b": {"c": "y"}, "e": [1]})
    }
    assert told == {
        "a": ("same", "1", "1"),
        "b.c": ("changed", "x", "y"),
        "d": ("removed", "—", ""),
        "e": ("added", "", "[1]"),
    }


# --- jobs -------------------------------------------------------------------------------------------------------------


def test_the_console_says_when_no_worker_runs() -> None:
    page = text_of(signed_in(official("operator", HARBIN)), "/administration/jobs/")
    assert "没有工作进程在运行" in page and "还没有任务" in page


def test_a_failure_is_told_in_a_line_without_personal_data() -> None:
    trace = (
        'Traceback (most recent call last):\n  File "x.py", line 1, in f\n    g()\n'
        "django.db.utils.IntegrityError: duplicate key\nDETAIL:  Key (phone)=(13812345678) exists\n"
    )
    failure = failure_of(trace)
    assert failure.reason == "django.db.utils.IntegrityError: duplicate key"
    assert "13812345678" not in failure.trace and "x.py" in failure.trace
    assert failure_of("数据日期还没有到").trace == ""
    assert "23010219900101123X" not in without_personal_data("refused 23010219900101123X, a@example.org")


def test_somebody_without_a_role_is_kept_out() -> None:
    client = signed_in(person())
    for address in (
        "/administration/",
        "/administration/users/",
        "/administration/jobs/",
        "/desk/",
        "/cockpit/",
    ):
        assert client.get(address).status_code == 403, address


@pytest.fixture
def failed_job() -> int:
    """A job that failed with a traceback which quotes a phone number."""
    now = timezone.now()
    who = official("department_official", DAOLI)
    job_id = enqueue(import_facts_job, actor=who.actor(now), title="导入 演示.csv", now=now, import_id=1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job_id])
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'failed', attempts = 2 WHERE id = %s", [job_id]
        )
    trace = "Traceback (most recent call last):\n  File \"x.py\", line 7\nKeyError: '13812345678'\n"
    JobProgress.objects.filter(job_id=job_id).update(error=trace, done=40, total=120)
    return job_id


def test_a_failed_job_is_shown_with_its_reason_and_tried_again(failed_job: int) -> None:
    client = signed_in(official("operator", HARBIN))
    page = text_of(client, "/administration/jobs/", state="failed")
    assert "导入 演示.csv" in page and "40 / 120" in page
    detail = text_of(client, f"/administration/jobs/{failed_job}/")
    assert "KeyError" in detail and "技术细节" in detail and "13812345678" not in detail
    with one_event("jobs.retried"):
        assert client.post(f"/administration/jobs/{failed_job}/retry/").status_code == 302
    assert "每三秒刷新一次" in text_of(client, "/administration/jobs/")
    with no_event():
        assert client.post(f"/administration/jobs/{failed_job}/retry/").status_code in (409, 422)


def test_who_may_only_look_cannot_retry(failed_job: int) -> None:
    """Officials of a place see the jobs they started themselves, and no others."""
    started_by = JobProgress.objects.get(pk=failed_job).started_by.removeprefix("user:")
    client = signed_in(Person(User.objects.get(pk=started_by)))
    other = signed_in(official("department_official", DAOLI))
    assert other.get(f"/administration/jobs/{failed_job}/").status_code == 404
    assert "重试</button>" not in text_of(client, f"/administration/jobs/{failed_job}/")
    assert client.post(f"/administration/jobs/{failed_job}/retry/").status_code == 403


def test_the_state_of_a_job_refreshes_as_a_fragment(failed_job: int) -> None:
    client = signed_in(official("operator", HARBIN))
    answer = client.get(
        f"/administration/jobs/{failed_job}/", headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in answer and 'id="job"' in answer
