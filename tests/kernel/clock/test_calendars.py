"""Working days of the mainland and of a region, and due dates that explain themselves."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.kernel.clock import api
from yingshang.kernel.clock.calendars import REACHED_BACK
from yingshang.kernel.reference.api import UnknownRegion

NATIONAL = api.national()
GUANGXI = api.get_calendar("cn-guangxi")
DATA = json.loads((files("yingshang.kernel.clock") / "data/calendars.json").read_text(encoding="utf-8"))

calendars = st.sampled_from(list(api.calendars()))
# Far enough from both ends for 800 working days.
days = st.dates(date(2008, 1, 1), date(2032, 1, 1))
counts = st.integers(1, 400)


def test_the_worked_example_of_the_design():
    derivation = NATIONAL.derive(date(2026, 9, 28), 7)
    assert derivation.due == date(2026, 10, 13)
    assert derivation.text("en") == (
        "accepted 2026-09-28, 7 working days, 10-01…10-07 holiday, 10-10 make-up day, due 2026-10-13"
    )
    assert derivation.text() == "2026-09-28受理，7个工作日，10-01至10-07放假，10-10调休上班，2026-10-13到期"
    assert derivation.holidays == (api.Holiday("国庆节", date(2026, 10, 1), date(2026, 10, 7)),)
    assert not derivation.provisional
    assert (derivation.calendar, derivation.version) == ("cn", "2026.1")


@pytest.mark.parametrize(
    ("start", "count", "chinese", "english"),
    [
        (
            date(2026, 11, 23),
            1,
            "2026-11-23受理，1个工作日，2026-11-24到期",
            "accepted 2026-11-23, 1 working day, due 2026-11-24",
        ),
        (
            date(2026, 6, 18),
            1,
            "2026-06-18受理，1个工作日，06-19至06-21放假，2026-06-22到期",
            "accepted 2026-06-18, 1 working day, 06-19…06-21 holiday, due 2026-06-22",
        ),
        (
            date(2026, 2, 10),
            10,
            "2026-02-10受理，10个工作日，02-15至02-23放假，02-14、02-28调休上班，2026-03-02到期",
            "accepted 2026-02-10, 10 working days, 02-15…02-23 holiday, 02-14, 02-28 make-up days, due 2026-03-02",
        ),
        (
            date(2018, 12, 28),
            3,
            "2018-12-28受理，3个工作日，12-30至2019-01-01放假，12-29调休上班，2019-01-03到期",
            "accepted 2018-12-28, 3 working days, 12-30…2019-01-01 holiday, 12-29 make-up day, due 2019-01-03",
        ),
        (
            date(2026, 12, 24),
            5,
            "2026-12-24受理，5个工作日，2026-12-31到期，2027年节假日安排尚未公布或未收录，日期为暂定",
            "accepted 2026-12-24, 5 working days, due 2026-12-31, provisional, since the holidays of 2027 are not known yet",
        ),
    ],
)
def test_derivations(start, count, chinese, english):
    derivation = NATIONAL.derive(start, count)
    assert derivation.text("zh") == chinese
    assert derivation.text("en") == english


def test_holidays_that_meet_are_one():
    derivation = NATIONAL.derive(date(2025, 9, 29), 5)
    assert derivation.holidays == (api.Holiday("国庆节、中秋节", date(2025, 10, 1), date(2025, 10, 8)),)
    assert derivation.text() == "2025-09-29受理，5个工作日，10-01至10-08放假，10-11调休上班，2025-10-13到期"


def test_backwards_the_days_before_count():
    derivation = NATIONAL.derive(date(2026, 10, 13), -5)
    assert derivation.due == date(2026, 9, 30)
    assert derivation.makeup_days == (date(2026, 10, 10),)


def test_another_event_can_start_the_clock():
    derivation = NATIONAL.derive(
        date(2026, 11, 23), 2, start_event={"zh": "补正收到", "en": "correction received"}
    )
    assert derivation.text().startswith("2026-11-23补正收到，2个工作日")
    assert derivation.text("en").startswith("correction received 2026-11-23")


@pytest.mark.parametrize(("year", "off", "makeup", "working"), [(2025, 28, 5, 248), (2026, 33, 6, 248)])
def test_years_as_arranged(year, off, makeup, working):
    """As counted by four packages that agree day by day (noted 2026-11-21)."""
    arranged = NATIONAL.years[year]
    assert (len(arranged.holidays), len(arranged.makeup_days)) == (off, makeup)
    first = date(year, 1, 1)
    assert sum(NATIONAL.is_working_day(first + timedelta(days=step)) for step in range(365)) == working


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 1, 4), True),
        (date(2026, 9, 20), True),
        (date(2026, 10, 8), True),
        (date(2026, 9, 25), False),
        (date(2020, 1, 31), False),
        (date(2020, 2, 1), False),
        (date(2015, 9, 3), False),
        (date(2015, 9, 6), True),
        (date(2019, 5, 5), True),
        (date(2024, 2, 9), True),
        (date(2007, 12, 29), True),
        (date(2007, 12, 31), False),
    ],
)
def test_days_of_the_notices(day, working):
    assert NATIONAL.is_working_day(day) is working


def test_as_many_days_are_worked_as_the_notices_name():
    """Nineteen notices name 125 weekend days; one lies in 2007, and one of 2020 became free when it was prolonged."""
    worked = {year: len(NATIONAL.years[year].makeup_days) for year in range(2008, 2027)}
    assert sum(worked.values()) == 125 - 2
    # The make-up days of New Year 2012 and 2019 lie in the December before.
    assert worked[2011] == 5 + 1 and worked[2012] == 7 - 1 and worked[2018] == 6 + 1 and worked[2019] == 7 - 1


def test_every_arranged_year_names_its_notice():
    for year in range(2004, 2027):
        arranged = NATIONAL.years[year]
        assert not arranged.provisional
        first, *more = arranged.notices
        assert not first.amends and all(each.amends for each in more)
        assert first.number is not None and first.number.startswith(f"国办发明电〔{year - 1}〕"), year
        assert first.issued is not None and first.issued < date(year, 1, 1)
        assert first.checked in ("page", "copies")
        assert str(year) in first.title
    assert [each.number for each in NATIONAL.years[2020].notices] == [
        "国办发明电〔2019〕16号",
        "国办发明电〔2020〕1号",
    ]
    assert [each.year for each in api.notices()] == sorted(each.year for each in api.notices())


def test_the_data_say_where_they_come_from():
    metadata = DATA["metadata"]
    assert metadata["version"] == "2026.1" and metadata["date"] == "2026-11-21"
    assert any("chinesecalendar 1.11.0" in source for source in metadata["sources"])
    assert metadata["made_by"] == "tools/make_calendars.py"


@pytest.mark.parametrize("calendar", list(api.calendars().values()), ids=list(api.calendars()))
def test_days_are_consistent(calendar):
    for year, days_of in calendar.years.items():
        for day in days_of.makeup_days:
            assert day.year == year and day not in days_of.holidays, day
            assert day.weekday() >= 5, day
        assert all(day.year == year for day in days_of.holidays)
        assert {api.english_holiday_name(name) for name in days_of.holidays.values()} <= set(
            DATA["names"].values()
        )


def test_no_notice_reached_further_back_into_the_year_before():
    moved = [
        day
        for year in NATIONAL.years.values()
        if not year.provisional
        for day in (*year.holidays, *year.makeup_days)
        if day.month == 12
    ]
    assert min((day.month, day.day) for day in moved) == REACHED_BACK


def test_a_year_not_arranged_is_provisional_and_says_so():
    year = NATIONAL.years[2027]
    assert year.provisional and not year.makeup_days and year.notices == ()
    assert set(year.holidays) == {
        date(2027, 1, 1),
        *(date(2027, 2, day) for day in (5, 6, 7, 8)),
        date(2027, 4, 5),
        date(2027, 5, 1),
        date(2027, 5, 2),
        date(2027, 6, 9),
        date(2027, 9, 15),
        *(date(2027, 10, day) for day in (1, 2, 3)),
    }
    derivation = NATIONAL.derive(date(2027, 1, 28), 10)
    assert derivation.provisional and derivation.provisional_years == (2027,)
    assert NATIONAL.derive(date(2026, 12, 14), 10).provisional_years == ()
    assert NATIONAL.derive(date(2026, 12, 14), 11).provisional_years == (2027,)


def test_coverage():
    coverage = NATIONAL.coverage()
    assert (coverage.first, coverage.last) == (date(2004, 1, 1), date(2036, 12, 31))
    assert coverage.settled_until == date(2026, 12, 28)
    assert coverage.provisional_years == tuple(range(2027, 2037))
    assert {2014, 2025, 2027} <= set(GUANGXI.coverage().provisional_years)
    assert not {2013, 2017, 2026} & set(GUANGXI.coverage().provisional_years)


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2037, 1, 1)])
def test_outside_its_years_a_calendar_refuses(day):
    inside = date(2026, 1, 5)
    for call in (
        lambda: NATIONAL.is_working_day(day),
        lambda: NATIONAL.add_working_days(day, 1),
        lambda: NATIONAL.working_days_between(inside, day),
        lambda: NATIONAL.working_days_between(day, inside),
        lambda: NATIONAL.derive(day, 3),
        lambda: NATIONAL.add_working_days(inside, 10_000),
        lambda: NATIONAL.add_working_days(inside, -10_000),
    ):
        with pytest.raises(api.OutsideCalendar) as caught:
            call()
        assert caught.value.code == "clock.outside_calendar"
        assert "2036" in caught.value.message and "工作日历" in caught.value.message_zh


def test_a_moment_is_no_day():
    with pytest.raises(api.NotADay):
        NATIONAL.is_working_day(datetime(2026, 9, 28, 23, 30))


def test_calendars_by_code():
    assert api.get_calendar() is NATIONAL
    assert next(iter(api.calendars())) == api.NATIONAL
    with pytest.raises(api.UnknownCalendar) as caught:
        api.get_calendar("cn-atlantis")
    assert caught.value.details["known"] == ["cn", "cn-guangxi"]


def test_a_region_works_by_the_nearest_calendar():
    assert api.calendar_of_region("450102") is GUANGXI
    assert api.calendar_of_region("230102001") is NATIONAL
    assert api.calendar_of_region("000000") is NATIONAL
    with pytest.raises(UnknownRegion):
        api.calendar_of_region("450199")


def test_a_regions_festival_lies_over_the_national_days():
    """1 April 2017 was a make-up day everywhere but in Guangxi, which worked on 8 April instead."""
    assert NATIONAL.is_working_day(date(2017, 4, 1)) and not NATIONAL.is_working_day(date(2017, 4, 8))
    assert not GUANGXI.is_working_day(date(2017, 4, 1)) and GUANGXI.is_working_day(date(2017, 4, 8))
    assert (
        GUANGXI.holiday_name(date(2026, 4, 20)) == "壮族三月三"
        and NATIONAL.holiday_name(date(2026, 4, 20)) is None
    )
    assert NATIONAL.add_working_days(date(2026, 4, 16), 1) == date(2026, 4, 17)
    assert GUANGXI.add_working_days(date(2026, 4, 16), 1) == date(2026, 4, 21)
    assert GUANGXI.years[2026].notices[-1].title.startswith("广西")


@given(calendars, days, counts)
def test_adding_and_counting_are_each_others_inverse(code, day, count):
    calendar = api.get_calendar(code)
    due = calendar.add_working_days(day, count)
    assert due > day and calendar.is_working_day(due)
    assert calendar.working_days_between(day, due) == count
    before = calendar.add_working_days(day, -count)
    assert before < day and calendar.is_working_day(before)
    assert calendar.working_days_between(day, before) == -count


@given(calendars, days, st.integers(0, 60))
def test_counting_is_counting(code, day, step):
    """Against the plain definition, a day at a time."""
    calendar = api.get_calendar(code)
    end = day + timedelta(days=step)
    plain = sum(calendar.is_working_day(day + timedelta(days=each)) for each in range(1, step + 1))
    assert calendar.working_days_between(day, end) == plain


@given(calendars, days, counts, counts)
def test_periods_one_after_another_are_one_period(code, day, first, second):
    calendar = api.get_calendar(code)
    assert calendar.add_working_days(
        calendar.add_working_days(day, first), second
    ) == calendar.add_working_days(day, first + second)


@given(calendars, days, st.integers(0, 400))
def test_a_later_start_is_never_due_earlier(code, day, count):
    calendar = api.get_calendar(code)
    assert calendar.add_working_days(day + timedelta(days=1), count) >= calendar.add_working_days(day, count)
    rolled = calendar.add_working_days(day, 0)
    assert rolled >= day and (rolled == day) == calendar.is_working_day(day)


@given(calendars, days, st.integers(-60, 60).filter(bool))
def test_a_derivation_accounts_for_every_day_that_is_not_what_its_weekday_says(code, start, count):
    """Weekends apart, holidays and make-up days of the derivation explain the due date completely."""
    calendar = api.get_calendar(code)
    derivation = calendar.derive(start, count)
    assert derivation.due == calendar.add_working_days(start, count)
    free = {
        each.first + timedelta(days=step)
        for each in derivation.holidays
        for step in range((each.last - each.first).days + 1)
    }
    step, counted, day = (1 if count > 0 else -1), 0, start
    while counted < abs(count):
        day += timedelta(days=step)
        counted += day in derivation.makeup_days or (day.weekday() < 5 and day not in free)
    assert day == derivation.due
    for language in ("zh", "en"):
        text = derivation.text(language)
        assert str(start) in text and str(derivation.due) in text
        assert ("暂定" in text or "provisional" in text) == derivation.provisional
