"""Terms in every unit: worked dates, what is refused, and what holds for all of them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.kernel.clock.factories import CHINA, at
from yingshang.kernel.clock import api, rules_of_law
from yingshang.kernel.clock.terms import END_OF_DAY, EXACT, LONGEST

ROWS: list[dict[str, Any]] = yaml.load(
    (Path(__file__).parent / "worked_dates.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader
)
NATIONAL = api.national()
NO_BASIS: dict[Any, str] = {"zh": "", "en": ""}


def stop(since: datetime, until: datetime | None) -> api.Stop:
    return api.Stop(since, until, {"zh": "听证", "en": "hearing"}, NO_BASIS)


def terms_of(row: dict[str, Any]) -> list[api.Term]:
    written = row["term"] if isinstance(row["term"], list) else [row["term"]]
    return [api.Term.from_dict({unit: int(amount) for unit, amount in each.items()}) for each in written]


def end_of(day: date) -> datetime:
    return datetime.combine(day, END_OF_DAY, CHINA)


def test_there_are_enough_worked_dates_of_enough_years():
    assert len(ROWS) >= 60
    assert {int(row["start"][:4]) for row in ROWS} == set(range(2004, 2027))
    assert all(row["why"] for row in ROWS)


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{row['start']} {row['term']} {number}" for number, row in enumerate(ROWS)]
)
def test_worked_date(row: dict[str, Any]):
    calendar = api.calendar_of_region(row.get("region", "110000"))
    stops = [stop(at(since), at(until)) for since, until in row.get("stops", [])]
    reached = api.derive_due(at(row["start"]), terms_of(row), calendar, stops=stops)
    if " " in row["due"]:
        assert reached.due_at.replace(second=0, microsecond=0) == at(row["due"])
    else:
        assert (reached.due_on.isoformat(), reached.due_at) == (
            row["due"],
            end_of(date.fromisoformat(row["due"])),
        )
    if "counted" in row:
        # The days counted by hand are working days, and there is none between them.
        start = date.fromisoformat(row["start"])
        days = [date.fromisoformat(f"{start.year}-{day}") for day in row["counted"]]
        days = [day if day > start else day.replace(year=start.year + 1) for day in days]
        assert len(days) == int(row["term"]["working_days"]) and days[-1].isoformat() == row["due"]
        between = [start + timedelta(days=n) for n in range(1, (days[-1] - start).days + 1)]
        assert [day for day in between if calendar.is_working_day(day)] == days
    assert not reached.provisional or int(row["due"][:4]) > 2026


@pytest.mark.parametrize(
    ("start", "term", "chinese", "english"),
    [
        (
            "2026-09-28",
            {"working_days": 7},
            "2026-09-28受理，7个工作日，10-01至10-07放假，10-10调休上班，2026-10-13到期",
            "accepted 2026-09-28, 7 working days, 10-01…10-07 holiday, 10-10 make-up day, due 2026-10-13",
        ),
        (
            "2026-09-18",
            {"days": 15},
            "2026-09-18受理，15日（自然日），最后一日10-03为休假日，顺延至10-08（《中华人民共和国民法典》第二百零三条），2026-10-08到期",
            "accepted 2026-09-18, 15 natural days, last day 10-03 is free, moved to 10-08 (Civil Code, article 203), due 2026-10-08",
        ),
        (
            "2025-10-31",
            {"months": 4},
            "2025-10-31受理，4个月，到期月无对应日，以月末日2026-02-28为最后一日（《中华人民共和国民法典》第二百零二条），2026-02-28到期",
            "accepted 2025-10-31, 4 months, no corresponding day in that month, so its last day 2026-02-28 (Civil Code, article 202), due 2026-02-28",
        ),
        (
            "2020-02-29",
            {"years": 1},
            "2020-02-29受理，1年，到期月无对应日，以月末日2021-02-28为最后一日（《中华人民共和国民法典》第二百零二条），"
            "最后一日2021-02-28为休假日，顺延至2021-03-01（《中华人民共和国民法典》第二百零三条），2021-03-01到期",
            "accepted 2020-02-29, 1 year, no corresponding day in that month, so its last day 2021-02-28 (Civil Code, article 202), "
            "last day 2021-02-28 is free, moved to 2021-03-01 (Civil Code, article 203), due 2021-03-01",
        ),
        (
            "2026-09-30 16:00",
            {"hours": 48},
            "2026-09-30 16:00受理，48小时，2026-10-02 16:00到期",
            "accepted 2026-09-30 16:00, 48 hours, due 2026-10-02 16:00",
        ),
        (
            "2027-03-01",
            {"working_days": 1},
            "2027-03-01受理，1个工作日，2027-03-02到期，2027年节假日安排尚未公布或未收录，日期为暂定",
            "accepted 2027-03-01, 1 working day, due 2027-03-02, provisional, since the holidays of 2027 are not known yet",
        ),
    ],
)
def test_every_unit_tells_how_its_date_was_reached(
    start: str, term: dict[str, int], chinese: str, english: str
):
    reached = api.due_at(at(start), api.Term.from_dict(term), NATIONAL)
    assert (reached.text(), reached.text("en")) == (chinese, english)


def test_what_stands_still_says_what_is_left():
    for term, chinese, english in (
        ({"working_days": 5}, "尚余3个工作日", "3 working days left"),
        ({"days": 5}, "尚余3日", "3 days left"),
        ({"hours": 50}, "尚余2小时00分", "2 h 00 min left"),
    ):
        reached = api.derive_due(
            at("2026-11-23"), [api.Term.from_dict(term)], NATIONAL, stops=[stop(at("2026-11-25"), None)]
        )
        assert reached.stopped
        assert reached.text().endswith(chinese) and reached.text("en").endswith(english)


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"weeks": 2},
        {"days": 0},
        {"days": -1},
        {"days": 1.5},
        {"days": True},
        {"days": "5"},
        {"days": 10_000},
        {"days": 1, "hours": 1},
        [],
        None,
        "5 days",
    ],
)
def test_what_is_no_term_is_refused_with_what_to_write(written: Any):
    with pytest.raises(api.InvalidTerm) as refused:
        api.Term.from_dict(written)
    assert re.search(r"write", refused.value.message) and "请写" in refused.value.message_zh


def test_a_moment_needs_a_time_zone():
    with pytest.raises(api.NotAMoment):
        api.due_at(datetime(2026, 1, 5, 10), api.Term(1, "days"), NATIONAL)


def test_beyond_the_calendar_nothing_is_guessed():
    for term in (api.Term(5, "working_days"), api.Term(5, "days"), api.Term(1, "months")):
        with pytest.raises(api.OutsideCalendar):
            api.due_at(at("2036-12-31"), term, NATIONAL)
    with pytest.raises(api.OutsideCalendar):
        api.due_at(datetime(9999, 12, 1, tzinfo=CHINA), api.Term(10, "years"), NATIONAL)


# ---- what holds for every term

moments = st.datetimes(datetime(2008, 1, 1), datetime(2031, 1, 1), timezones=st.just(CHINA))
terms = st.sampled_from(api.UNITS).flatmap(
    lambda unit: st.integers(1, min(LONGEST[unit], {"months": 24, "years": 2}.get(unit, 300))).map(
        lambda amount: api.Term(amount, unit)
    )
)
counted_terms = terms.filter(lambda term: term.unit in ("working_days", "days", *EXACT))


def due(start: datetime, *terms: api.Term, stops: list[api.Stop] | None = None) -> datetime:
    return api.derive_due(start, terms, NATIONAL, stops=stops or []).due_at


@given(moments, moments, terms)
def test_who_begins_later_is_due_no_earlier(one: datetime, other: datetime, term: api.Term):
    first, second = sorted((one, other))
    assert due(first, term) <= due(second, term)


@given(moments, terms, st.integers(1, 3))
def test_a_longer_term_is_due_no_earlier(start: datetime, term: api.Term, more: int):
    longer = due(start, term, api.Term(more, term.unit))
    assert longer >= due(start, term)
    if term.unit in EXACT:
        assert longer > due(start, term)


@given(moments, terms)
def test_a_due_day_is_worked_and_lies_ahead(start: datetime, term: api.Term):
    reached = api.due_at(start, term, NATIONAL)
    assert reached.due_at > start
    assert reached.due_at.astimezone(CHINA).date() == reached.due_on >= reached.nominal_on
    if term.unit not in EXACT:
        assert NATIONAL.is_working_day(reached.due_on)
        assert reached.due_at.astimezone(CHINA).time() == END_OF_DAY


@given(moments, st.integers(1, 300))
def test_counting_back_from_the_due_day_is_the_inverse(start: datetime, count: int):
    day = start.date()
    reached = api.due_at(start, api.Term(count, "working_days"), NATIONAL)
    assert NATIONAL.working_days_between(day, reached.due_on) == count
    back = NATIONAL.add_working_days(reached.due_on, -count)
    # From the working day that the start lies on, or comes right after.
    assert back <= day and NATIONAL.working_days_between(back, day) == 0


@given(moments, st.integers(1, 36))
def test_months_end_on_the_same_number_or_the_last_of_the_month(start: datetime, months: int):
    reached = api.due_at(start, api.Term(months, "months"), NATIONAL)
    nominal, day = reached.nominal_on, start.date()
    assert (nominal.year * 12 + nominal.month) - (day.year * 12 + day.month) == months
    if reached.month_end:
        assert nominal.day < day.day and (nominal + timedelta(days=1)).day == 1
    else:
        assert nominal.day == day.day


gaps = st.lists(st.integers(0, 60 * 24 * 20), min_size=2, max_size=8).filter(lambda row: len(row) % 2 == 0)


def stops_from(start: datetime, gaps: list[int]) -> list[api.Stop]:
    moment, found = start, []
    for pause, length in zip(gaps[::2], gaps[1::2], strict=True):
        since = moment + timedelta(minutes=pause)
        moment = since + timedelta(minutes=length)
        found.append(stop(since, moment))
    return found


@given(moments, terms, gaps)
def test_stops_never_bring_a_date_forward(start: datetime, term: api.Term, gaps: list[int]):
    stops = stops_from(start, gaps)
    dates = [due(start, term, stops=stops[:number]) for number in range(len(stops) + 1)]
    assert dates == sorted(dates)
    if term.unit not in EXACT:
        assert NATIONAL.is_working_day(dates[-1].astimezone(CHINA).date())


@given(
    moments, terms, st.integers(0, 60 * 24 * 30), st.integers(0, 60 * 24 * 30), st.integers(0, 60 * 24 * 30)
)
def test_two_stops_on_end_are_one(start: datetime, term: api.Term, before: int, first: int, second: int):
    since = start + timedelta(minutes=before)
    middle = since + timedelta(minutes=first)
    until = middle + timedelta(minutes=second)
    together = due(start, term, stops=[stop(since, until)])
    assert due(start, term, stops=[stop(since, middle), stop(middle, until)]) == together


@given(moments, counted_terms, st.integers(0, 60 * 24 * 30), st.integers(0, 60 * 24 * 60))
def test_after_a_stop_it_goes_on_with_what_was_left(
    start: datetime, term: api.Term, before: int, length: int
):
    """What is left when it is stopped, counted anew from where it goes on, gives the same date."""
    since = start + timedelta(minutes=before)
    until = since + timedelta(minutes=length)
    stopped = api.derive_due(start, [term], NATIONAL, stops=[stop(since, None)])
    resumed = due(start, term, stops=[stop(since, until)])
    if not stopped.stopped:
        assert since > stopped.due_at and resumed == stopped.due_at
    elif term.unit in EXACT:
        assert abs(resumed - (until + timedelta(seconds=stopped.left or 0))) < timedelta(seconds=1)
    elif term.unit == "working_days":
        day = NATIONAL.add_working_days(until.date(), stopped.left or 0)
        assert resumed == end_of(day)
    else:
        nominal = until.date() + timedelta(days=stopped.left or 0)
        assert resumed == end_of(NATIONAL.add_working_days(nominal, 0))


@given(moments, counted_terms, st.integers(0, 60 * 24 * 30), st.integers(0, 60 * 24 * 60))
def test_stopped_before_it_ran_out_it_has_at_least_the_day_it_goes_on(
    start: datetime, term: api.Term, before: int, length: int
):
    since = start + timedelta(minutes=before)
    until = since + timedelta(minutes=length)
    if since <= due(start, term):
        assert due(start, term, stops=[stop(since, until)]) >= until


@given(moments, terms, terms)
def test_every_derivation_can_be_printed(start: datetime, term: api.Term, more: api.Term):
    reached = api.derive_due(start, [term, more], NATIONAL, stops=[stop(start, start + timedelta(days=3))])
    for language in ("zh", "en"):
        text = reached.text(language)  # type: ignore[arg-type]
        assert str(reached.due_on) in text and "\n" not in text and "None" not in text


@given(terms)
def test_a_term_is_written_as_it_is_read(term: api.Term):
    assert api.Term.from_dict(term.as_dict()) == term
    assert str(term.amount) in term.text() and str(term.amount) in term.text("en")


def test_every_article_says_how_sure_its_words_are():
    rows = [*rules_of_law.rules().values(), *api.pause_reasons(), *api.extension_reasons()]
    assert len(rows) == len({each.code for each in rows}) == 13
    for each in rows:
        assert each.basis.startswith("《") and each.basis_en and each.quote, each.code
        assert each.status in ("corroborated", "recalled"), each.code
        if each.status == "corroborated":
            assert each.source.startswith("http") and each.read == "2026-11-22", each.code
    assert {each.code for each in rows if each.status == "recalled"} == {
        "petition_extension",
        "reconsideration_extension",
    }


def test_reasons_of_processes_are_given_by_what_happens_and_never_chosen():
    chosen = {each.code for each in (*api.pause_reasons(), *api.extension_reasons())}
    for code in ("awaiting_word", "appeal_difficulty"):
        reason = rules_of_law.pause_reason(code)
        assert code not in chosen and reason.basis and reason.basis_en and reason.status == "authored"
    with pytest.raises(api.UnknownReason):
        rules_of_law.pause_reason("because")
