"""Calendars as they are published here, and the deadlines they move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection

from tests.kernel.access.factories import HEILONGJIANG, NOW, SYSTEM, administrator, no_event, official
from tests.kernel.clock.factories import at, deadline, ensure_ladders, heard
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.clock import api, revisions
from yingshang.kernel.clock.actions.move_deadlines import move_deadlines, settle_provisional
from yingshang.kernel.clock.calendars import use_revisions
from yingshang.kernel.clock.models import CalendarRevision, Deadline
from yingshang.kernel.ledger.models import AuditEvent

# Invented: the State Council has not arranged 2027. The days of the law must be off; the rest is plausible.
DOCUMENT = """日期,类型,节日
2027-01-01至2027-01-03,放假,元旦
2027-02-05至2027-02-11,放假,春节
2027-01-31,上班,春节
2027-02-20,上班,春节
2027-04-03至2027-04-05,放假,清明节
2027-05-01至2027-05-05,放假,劳动节
2027-04-25,上班,劳动节
2027-05-08,上班,劳动节
2027-06-09,放假,端午节
2027-09-15,放假,中秋节
2027-10-01至2027-10-07,放假,国庆节
2027-09-26,上班,国庆节
2027-10-09,上班,国庆节
"""
NOTICE = api.Notice(
    2027, "演示：2027年部分节假日安排", "演示〔2026〕1号", date(2026, 11, 20), None, "published"
)


@pytest.fixture(autouse=True)
def hearing() -> Iterator[Any]:
    with heard() as hearing:
        yield hearing
    use_revisions(())


def publish(
    document: str = DOCUMENT, *, year: int = 2027, code: str = "cn", when: str = "2026-11-24"
) -> api.RevisionView:
    return api.publish_calendar(
        actor=SYSTEM, code=code, year=year, document=document, notice=NOTICE, now=at(when)
    )


@pytest.mark.django_db
def test_provisional_dates_move_once_with_an_event():
    # Ten working days from 1 Feb 2027: by the law alone 5–8 Feb are off; as arranged 5–11, with two days made up.
    view = deadline({"working_days": 10}, start="2026-12-25")
    far = deadline({"working_days": 25}, start="2027-01-11")
    settled = deadline({"working_days": 3}, start="2026-12-01")
    assert (view.provisional, far.provisional, settled.provisional) == (True, True, False)
    assert far.due_on == date(2027, 2, 17)
    revision = publish()
    assert AuditEvent.objects.filter(action="clock.calendar_published").count() == 1
    assert move_deadlines(actor=SYSTEM, revision_id=revision.id, now=at("2026-11-24")) == 1
    moved = api.get_deadline(far.id)
    # Sunday 31 Jan is worked now, 9–11 Feb are not: two days later.
    assert (moved.due_on, moved.provisional, moved.round) == (date(2027, 2, 19), False, 2)
    assert "2027年节假日安排尚未公布" in far.derivation() and "尚未公布" not in moved.derivation()
    assert moved.calendar_version.startswith("2026.1+")
    same = api.get_deadline(view.id)
    assert (same.due_on, same.provisional, same.round) == (view.due_on, False, 1)
    assert api.get_deadline(settled.id) == settled
    [event] = AuditEvent.objects.filter(action="clock.moved")
    assert (event.target_id, event.before["due_on"], event.after["due_on"]) == (
        str(far.id),
        "2027-02-17",
        "2027-02-19",
    )
    assert event.reason == NOTICE.title
    # Once more moves nothing and tells nothing of any deadline.
    assert move_deadlines(actor=SYSTEM, revision_id=revision.id, now=at("2026-11-25")) == 0
    assert settle_provisional(actor=SYSTEM, now=at("2026-11-25")) == 0
    assert AuditEvent.objects.filter(action="clock.moved").count() == 1
    [kept] = api.calendar_revisions(code="cn")
    assert (kept.moved, kept.settled_at) == (1, at("2026-11-25"))


@pytest.mark.django_db
def test_a_date_computed_after_publishing_is_final():
    publish()
    view = deadline({"working_days": 25}, start="2027-01-11")
    assert (view.due_on, view.provisional) == (date(2027, 2, 19), False)


@pytest.mark.django_db
def test_an_old_derivation_is_printed_by_the_calendar_of_its_time():
    view = deadline({"working_days": 25}, start="2027-01-11")
    met = api.meet_deadline(actor=SYSTEM, deadline_id=view.id, now=at("2027-01-20"))
    revision = publish()
    move_deadlines(actor=SYSTEM, revision_id=revision.id, now=at("2027-01-21"))
    use_revisions(revisions.published_revisions())
    assert api.get_deadline(view.id).derivation() == met.derivation()
    assert "2027-02-17到期" in met.derivation()


@pytest.mark.django_db
def test_an_amendment_moves_dates_that_were_final():
    """As in January 2020, when the holiday was prolonged after it had begun."""
    view = deadline({"working_days": 2}, start="2026-09-30")
    late = deadline({"working_days": 2}, start="2026-08-03")
    assert (view.due_on, view.provisional) == (date(2026, 10, 9), False)
    days = api.national().years[2026]
    document = "\n".join(
        [f"{day},放假,{name}" for day, name in days.holidays.items()]
        + [f"{day},上班,{name}" for day, name in days.makeup_days.items()]
        + ["2026-10-08,放假,国庆节"]
    )
    preview = api.preview_calendar(actor=SYSTEM, code="cn", year=2026, document=document)
    assert [change.day for change in preview.becoming_off] == [date(2026, 10, 8)]
    assert preview.becoming_working == () and preview.deadlines == 1
    revision = publish(document, year=2026, when="2026-10-01")
    assert move_deadlines(actor=SYSTEM, revision_id=revision.id, now=at("2026-10-01")) == 1
    assert api.get_deadline(view.id).due_on == date(2026, 10, 10)
    assert api.get_deadline(late.id).round == 1


@pytest.mark.django_db
def test_a_regions_own_festival_moves_only_its_deadlines():
    nanning = deadline({"working_days": 1}, start="2025-03-28", region_code="450100")
    harbin = deadline({"working_days": 1}, start="2025-03-28")
    assert (nanning.calendar, nanning.due_on, nanning.provisional) == ("cn-guangxi", date(2025, 3, 31), True)
    revision = publish("2025-03-31,放假,壮族三月三", code="cn-guangxi", year=2025, when="2025-03-29")
    assert move_deadlines(actor=SYSTEM, revision_id=revision.id, now=at("2025-03-29")) == 1
    assert api.get_deadline(nanning.id).due_on == date(2025, 4, 1)
    assert api.get_deadline(harbin.id, now=at("2025-03-28")) == harbin


@pytest.mark.django_db
def test_the_last_days_of_december_are_taken_by_the_notice_of_the_next_year():
    view = deadline({"working_days": 1}, start="2026-12-30")
    assert (view.due_on, view.provisional) == (date(2026, 12, 31), True)
    revision = publish(DOCUMENT + "2026-12-31,放假,元旦\n")
    move_deadlines(actor=SYSTEM, revision_id=revision.id, now=at("2026-12-30 11:00"))
    assert api.get_deadline(view.id).due_on == date(2027, 1, 4)


def problems(document: str, year: int = 2027) -> list[tuple[str, str]]:
    calendar = api.national()
    with pytest.raises(api.InvalidRevision) as refused:
        revisions.read_days(document, calendar=calendar, year=year, own_law=True)
    return [(each.where, each.message) for each in refused.value.mistakes]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "2027-10-05,上班,国庆节",
            "2027-10-05 is both off and a make-up day (see line 12); keep one of the two",
        ),
        (
            "2027-09-26,放假,国庆节",
            "2027-09-26 is both off and a make-up day (see line 13); keep one of the two",
        ),
        ("2027-10-01,放假,国庆节", "2027-10-01 is listed twice (see line 12); remove one"),
        ("2027-03-03,上班,国庆节", "2027-03-03 is a weekday: only a Saturday or Sunday is made up"),
        ("2028-10-01,放假,国庆节", "2028-10-01 does not belong to 2027"),
        ("2026-12-28,放假,元旦", "2026-12-28 does not belong to 2027, nor to the days from 2026-12-29 on"),
        ("2027-02-30,放假,春节", "'2027-02-30' is no day"),
        ("2027-11-07至2027-11-01,放假,某节", "'2027-11-07至2027-11-01' is no day"),
        ("2027-01-02至2027-12-30,放假,某节", "'2027-01-02至2027-12-30' is no day"),
        ("明天,放假,某节", "'明天' is no day"),
        ("2027-11-01,半天,某节", "2027-11-01: '半天' is neither off nor make-up"),
        ("2027-11-01,放假", "three columns"),
        ("2027-11-01,放假,", "three columns"),
        ("2027-11-01,放假,国庆节,还有", "three columns"),
        ("2027-11-01,放假," + "节" * 41, "2027-11-01: the name is longer than 40"),
    ],
)
def test_what_is_wrong_is_said_with_its_day_and_line(line: str, said: str):
    [(where, message)] = problems(f"{DOCUMENT}{line}\n")
    assert where == "line 15" and message.startswith(said)


def test_everything_wrong_is_said_at_once_and_in_chinese():
    with pytest.raises(api.InvalidRevision) as refused:
        revisions.read_days(
            f"{DOCUMENT}2027-10-05,上班,国庆节\n坏行\n", calendar=api.national(), year=2027, own_law=True
        )
    assert len(refused.value.mistakes) == 2
    assert "2027-10-05既是放假又是调休上班（见第12行）" in refused.value.message_zh
    assert refused.value.as_dict()["mistakes"][0]["where"] == "line 15"


def test_a_day_of_the_law_must_be_off():
    [(where, message)] = problems(DOCUMENT.replace("2027-06-09,放假,端午节\n", ""))
    assert where == "2027-06-09" and "day off by law" in message


@pytest.mark.parametrize(
    "document", ["", "日期,类型,节日\n", "\n\n", "2027-01-01,放假,元旦\n" * 500, "x" * 200_000]
)
def test_documents_that_are_none_are_refused(document: str):
    assert problems(document)


def test_a_year_is_published_after_the_one_before_it():
    [(_, message)] = [each for each in problems("2028-01-01,放假,元旦", year=2028) if each[0] == "year"]
    assert message == "publish 2027 first: it is still open"
    assert problems("2050-01-01,放假,元旦", year=2050)[0][0] == "year"


def test_days_are_read_as_people_write_them():
    read = revisions.read_days(
        "﻿date,kind,name\n2027年10月1日～2027年10月3日，放假，国庆节\n2027/1/1\toff\t元旦\n# 说明\n2027.09.26,make-up,国庆节",
        calendar=api.national(),
        year=2027,
        own_law=False,
    )
    assert list(read.holidays) == [date(2027, 1, 1), date(2027, 10, 1), date(2027, 10, 2), date(2027, 10, 3)]
    assert list(read.makeup_days) == [date(2027, 9, 26)]


@pytest.mark.django_db
def test_publishing_the_same_days_again_is_refused():
    publish()
    with no_event(), pytest.raises(api.CalendarUnchanged):
        publish()
    with no_event(), pytest.raises(api.InvalidRevision):
        api.publish_calendar(
            actor=SYSTEM,
            code="cn",
            year=2027,
            document=DOCUMENT,
            notice=api.Notice(2027, " ", None, None, None, "published"),
            now=NOW,
        )
    with pytest.raises(api.UnknownCalendar):
        publish(code="mars")


@pytest.mark.django_db
def test_a_mistake_is_mended_by_another_revision():
    publish(DOCUMENT + "2027-03-01,放假,妇女节\n")
    publish()
    calendar = revisions.fresh_calendar("cn")
    assert calendar.is_working_day(date(2027, 3, 1)) and not calendar.is_working_day(date(2027, 10, 4))
    assert [each.year for each in api.calendar_revisions()] == [2027, 2027]


@pytest.mark.django_db
def test_only_the_platforms_own_administrators_publish():
    ensure_ladders()  # they belong to the province
    above, below, other = (
        administrator(HEILONGJIANG).actor(),
        administrator().actor(),
        official("window_official").actor(),
    )
    assert api.preview_calendar(actor=above, code="cn", year=2027, document=DOCUMENT).changes
    for actor in (below, other):
        with no_event(), pytest.raises(NotAllowed):
            api.publish_calendar(actor=actor, code="cn", year=2027, document=DOCUMENT, notice=NOTICE, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_another_process_answers_with_what_was_published(monkeypatch: pytest.MonkeyPatch):
    publish()
    assert not api.national().years[2027].provisional
    use_revisions(())  # as in a process that was running already
    assert api.national().years[2027].provisional
    monkeypatch.setattr(revisions, "_looked_at", float("-inf"))
    revisions.refresh_now_and_then()
    assert not api.national().years[2027].provisional
    assert api.national().years[2027].notices[-1].title == NOTICE.title


@pytest.mark.django_db
def test_many_deadlines_move_in_batches(django_assert_max_num_queries: Any):
    views = [deadline({"working_days": 25}, start="2027-01-11") for _ in range(7)]
    revision = publish()
    assert move_deadlines(actor=SYSTEM, revision_id=revision.id, now=at("2026-11-24"), batch=3) == 7
    assert {api.get_deadline(view.id).due_on for view in views} == {date(2027, 2, 19)}
    assert AuditEvent.objects.filter(action="clock.moved").count() == 7
    assert CalendarRevision.objects.get().moved == 7


@pytest.mark.django_db
def test_looking_for_outdated_dates_uses_an_index():
    deadline()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        # Without the order and the limit of the real question: over a handful of rows any index does for those.
        cursor.execute(
            "EXPLAIN SELECT id FROM clock_deadline WHERE calendar = 'cn' AND provisional"
            " AND calendar_version <> 'x' AND state IN ('running', 'paused')"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "clock_provisional" in plan
    assert Deadline.objects.count() == 1
