"""The temporal values of FEEL: what the standard says, and what Python's own calendar confirms."""

from __future__ import annotations

import datetime
import zoneinfo
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yingshang.rules.feel import temporal
from yingshang.rules.feel.temporal import (
    NO_PROPERTY,
    Date,
    DateTime,
    DaysDuration,
    MonthsDuration,
    Temporal,
    Time,
)

SECOND = 1_000_000_000
DAY = 86_400 * SECOND

python_dates = st.dates()
moments = st.datetimes(min_value=datetime.datetime(1, 1, 3), max_value=datetime.datetime(9998, 12, 30))
feel_dates = st.builds(
    lambda year, month, day: Date(year, month, day),
    st.integers(-999_999_998, 999_999_998),
    st.integers(1, 12),
    st.integers(1, 28),
)
days_durations = st.integers(-(10**24), 10**24).map(DaysDuration)
months_durations = st.integers(-(10**9), 10**9).map(MonthsDuration)


def at(text: str) -> Temporal:
    value = temporal.parse_at_literal(text)
    assert value is not None, text
    return value


def feel_date(value: datetime.date) -> Date:
    return Date(value.year, value.month, value.day)


def feel_date_time(value: datetime.datetime, zone: str | None = None) -> DateTime:
    time = Time(value.hour, value.minute, value.second, value.microsecond * 1000, zone=zone)
    return DateTime(feel_date(value.date()), time)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("2024-02-29", "2024-02-29"),
        ("-0044-03-15", "-0044-03-15"),
        ("123456789-01-01", "123456789-01-01"),
        ("08:00:00.500", "08:00:00.5"),
        ("08:00:00+08:00", "08:00:00+08:00"),
        ("08:00:00-00:00", "08:00:00Z"),
        ("08:00:00@Asia/Shanghai", "08:00:00@Asia/Shanghai"),
        ("24:00:00", "00:00:00"),
        ("2024-02-28T24:00:00", "2024-02-29T00:00:00"),
        ("-9999-12-31T23:59:59.000000001Z", "-9999-12-31T23:59:59.000000001Z"),
        ("P0Y", "P0M"),
        ("P13M", "P1Y1M"),
        ("-P11M", "-P11M"),
        ("P0DT0H", "PT0S"),
        ("PT36H", "P1DT12H"),
        ("-PT90M", "-PT1H30M"),
        ("PT61.250S", "PT1M1.25S"),
    ],
)
def test_prints_in_canonical_form(text: str, printed: str) -> None:
    assert str(at(text)) == printed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-02-29",
        "2024-00-10",
        "2024-1-01",
        "02024-01-01",
        "+2024-01-01",
        "1234567890-01-01",
        "2024-01-01Z",
        "2024-01-01 ",
        "２０２４-01-01",
        "8:00:00",
        "08:00",
        "08:00:60",
        "24:00:01",
        "T08:00:00",
        "08:00:00z",
        "08:00:00+8:00",
        "08:00:00+14:01",
        "08:00:00+01:60",
        "08:00:00+08:00@Asia/Shanghai",
        "08:00:00@Asia/Atlantis",
        "08:00:00@../zones",
        "08:00:00@",
        "2024-01-01T",
        "2024-01-01T25:00:00",
        "999999999-12-31T24:00:00",
        "P",
        "PT",
        "P1DT",
        "P1",
        "P1H",
        "P1Y1D",
        "PT1.S",
        "+P1D",
        "P-1D",
        "P1.5D",
        "P" + "9" * 39 + "D",
        "P" + "9" * 5000 + "M",
        "PT0." + "1" * 5000,
    ],
)
def test_text_that_is_no_value_reads_as_none(text: str) -> None:
    assert temporal.parse_at_literal(text) is None


@given(st.text(alphabet="0123456789-+:.TZPYMDHS@/", max_size=30))
def test_no_text_raises(text: str) -> None:
    value = temporal.parse_at_literal(text)
    assert value is None or temporal.parse_at_literal(str(value)) == value


def test_a_date_alone_is_local_midnight_only_for_date_and_time() -> None:
    assert str(temporal.parse_date_time("2018-12-10")) == "2018-12-10T00:00:00"
    assert isinstance(at("2018-12-10"), Date)


@given(feel_dates, days_durations)
def test_dates_print_and_read_back(date: Date, duration: DaysDuration) -> None:
    assert temporal.parse_date(str(date)) == date
    assert temporal.parse_duration(str(duration)) == duration


@given(python_dates, python_dates)
def test_dates_agree_with_pythons_calendar(left: datetime.date, right: datetime.date) -> None:
    difference = temporal.subtract(feel_date(left), feel_date(right))
    assert difference == DaysDuration((left - right).days * DAY)
    assert temporal.add(feel_date(right), difference) == feel_date(left)
    assert temporal.compare(feel_date(left), feel_date(right)) == (left > right) - (left < right)
    assert temporal.get_property(feel_date(left), "weekday") == left.isoweekday()
    assert temporal.week_of_year(feel_date(left)) == left.isocalendar().week
    assert temporal.day_of_year(feel_date(left)) == left.timetuple().tm_yday
    assert temporal.day_of_week(feel_date(left)) == temporal.WEEKDAYS[left.weekday()]


@given(
    moments,
    st.integers(-10_000, 10_000),
    st.sampled_from(["Europe/Paris", "Asia/Shanghai", "America/New_York"]),
)
@example(datetime.datetime(2024, 3, 31, 1, 30), 1, "Europe/Paris")
def test_zoned_arithmetic_agrees_with_pythons(moment: datetime.datetime, hours: int, name: str) -> None:
    aware = moment.replace(tzinfo=zoneinfo.ZoneInfo(name))
    value = feel_date_time(moment, name)
    offset = aware.utcoffset()
    assert offset is not None
    assert temporal.get_property(value, "time offset") == DaysDuration(
        (offset.days * 86_400 + offset.seconds) * SECOND
    )
    try:
        moved = (aware.astimezone(datetime.UTC) + datetime.timedelta(hours=hours)).astimezone(aware.tzinfo)
    except OverflowError:
        return
    result = temporal.add(value, DaysDuration(hours * 3600 * SECOND))
    assert result == feel_date_time(moved.replace(tzinfo=None), name)


@given(feel_dates, days_durations)
def test_far_dates_move_there_and_back(date: Date, duration: DaysDuration) -> None:
    start = DateTime(date, Time(12, 0, 0, zone="Asia/Shanghai"))
    moved = temporal.add(start, duration)
    if moved is not None:
        assert temporal.subtract(moved, start) == duration


@pytest.mark.parametrize(
    ("left", "right", "total"),
    [
        ("2024-01-31", "P1M", "2024-02-29"),
        ("2024-02-29", "-P1Y", "2023-02-28"),
        ("2024-01-31T12:00:00Z", "P1M", "2024-02-29T12:00:00Z"),
        ("2024-01-01", "PT47H59M", "2024-01-02"),
        ("2024-01-01", "-PT1S", "2023-12-31"),
        ("23:30:00", "PT1H", "00:30:00"),
        ("00:30:00+08:00", "-PT1H", "23:30:00+08:00"),
        ("2024-03-30T12:00:00@Europe/Paris", "P1D", "2024-03-31T13:00:00@Europe/Paris"),
        ("0000-03-01", "-P1D", "0000-02-29"),
        ("P1D", "-PT1H", "PT23H"),
        ("P1Y", "-P13M", "-P1M"),
    ],
)
def test_addition_in_both_orders(left: str, right: str, total: str) -> None:
    assert str(temporal.add(at(left), at(right))) == total
    assert str(temporal.add(at(right), at(left))) == total


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("2024-01-01", "2024-01-01"),
        ("10:00:00", "P1M"),
        ("P1D", "P1M"),
        ("999999999-12-31", "P1D"),
        ("-999999999-01-01T00:00:00Z", "-PT1S"),
        ("999999999-12-31", "P1M"),
    ],
)
def test_sums_that_do_not_exist(left: str, right: str) -> None:
    assert temporal.add(at(left), at(right)) is None
    assert temporal.add(at(right), at(left)) is None


@pytest.mark.parametrize(
    ("left", "right", "difference"),
    [
        ("2024-03-01", "2024-02-01", "P29D"),
        ("2024-01-01T08:00:00+08:00", "2024-01-01", "PT0S"),
        ("2024-01-01", "2024-01-01T00:00:00@Asia/Shanghai", "PT8H"),
        ("2024-01-01T08:00:00", "2024-01-01", "None"),
        ("2024-01-01T08:00:00", "2024-01-01T08:00:00Z", "None"),
        ("10:00:00+08:00", "10:00:00Z", "-PT8H"),
        ("10:00:00@Asia/Shanghai", "10:00:00Z", "-PT8H"),
        ("10:00:00@Europe/Paris", "10:00:00@Europe/Paris", "PT0S"),
        ("10:00:00@Europe/Paris", "10:00:00Z", "None"),
        ("10:00:00", "10:00:00Z", "None"),
        ("10:00:00", "2024-01-01", "None"),
        ("P1D", "10:00:00", "None"),
    ],
)
def test_subtraction(left: str, right: str, difference: str) -> None:
    assert str(temporal.subtract(at(left), at(right))) == difference


@pytest.mark.parametrize(
    ("duration", "number", "product", "quotient"),
    [
        ("P1D", "3", "P3D", "PT8H"),
        ("P1Y", "-2.5", "-P2Y6M", "-P4M"),
        ("P5M", "0.5", "P2M", "P10M"),
        ("PT1S", "0", "PT0S", "None"),
        ("P1D", "1E+400", "None", "PT0S"),
        ("P1M", "NaN", "None", "None"),
        ("P0D", "Infinity", "None", "PT0S"),
    ],
)
def test_scaling(duration: str, number: str, product: str, quotient: str) -> None:
    assert str(temporal.multiply(at(duration), Decimal(number))) == product
    assert str(temporal.multiply(Decimal(number), at(duration))) == product
    assert str(temporal.divide(at(duration), Decimal(number))) == quotient


def test_a_third_of_a_day_times_three_is_a_day() -> None:
    third = temporal.NUMBERS.divide(Decimal(1), Decimal(3))
    assert temporal.multiply(at("P1D"), third) == at("PT8H")


def test_ratio_of_durations() -> None:
    assert temporal.divide(at("P1D"), at("PT6H")) == Decimal(4)
    assert temporal.divide(at("P1Y"), at("P8M")) == Decimal("1.5")
    assert temporal.divide(at("P1D"), at("PT0S")) is None
    assert temporal.divide(at("PT0S"), at("PT0S")) is None
    assert temporal.divide(at("P1D"), at("P1M")) is None
    assert temporal.divide(Decimal(1), at("P1M")) is None


def test_truth_values_are_not_numbers() -> None:
    assert temporal.multiply(at("P1D"), True) is None
    assert temporal.make_date(2024, True, 1) is None
    assert temporal.make_time(1, 1, True) is None


@given(months_durations)
def test_negation_twice_is_the_same(duration: MonthsDuration) -> None:
    assert temporal.negate(temporal.negate(duration)) == duration
    assert temporal.negate(Date(2024, 1, 1)) is None


@pytest.mark.parametrize(
    ("left", "right", "order", "same"),
    [
        ("2024-01-01", "2024-01-02", -1, False),
        ("-0002-01-01", "-0001-01-01", -1, False),
        ("2024-01-01", "2024-01-01T00:00:00Z", None, None),
        ("2024-01-01T00:00:00", "2024-01-01T00:00:00Z", None, False),
        ("2024-01-01T08:00:00+08:00", "2024-01-01T00:00:00Z", 0, True),
        ("2024-07-01T12:00:00@Europe/Paris", "2024-07-01T12:00:00+01:00", -1, False),
        ("10:00:00.7", "10:00:00.2", 1, True),
        ("10:00:00@Asia/Shanghai", "10:00:00+08:00", 0, True),
        ("10:00:00@Europe/Paris", "10:00:00+01:30", None, False),
        ("10:00:00@Europe/Paris", "10:00:00@Asia/Dhaka", 1, False),
        ("10:00:00", "10:00:00Z", None, False),
        ("PT0.2S", "PT0.7S", -1, False),
        ("P12M", "P1Y", 0, True),
        ("P0M", "P0D", None, None),
    ],
)
def test_order_and_equality(left: str, right: str, order: int | None, same: bool | None) -> None:
    assert temporal.compare(at(left), at(right)) == order
    assert temporal.compare(at(right), at(left)) == (None if order is None else -order)
    assert temporal.equal(at(left), at(right)) is same
    assert temporal.equal(at(right), at(left)) is same


def test_values_of_other_kinds_are_not_compared() -> None:
    for other in (None, Decimal(1), "2024-01-01", True, [Date(2024, 1, 1)]):
        assert temporal.compare(at("2024-01-01"), other) is None
        assert temporal.equal(at("2024-01-01"), other) is None
        assert temporal.add(at("2024-01-01"), other) is None
        assert temporal.subtract(at("P1D"), other) is None
        assert not temporal.identical(at("2024-01-01"), other)


def test_identity_is_finer_than_equality() -> None:
    assert temporal.identical(at("10:00:00Z"), at("10:00:00-00:00"))
    assert temporal.identical(at("P1D"), at("PT24H"))
    assert not temporal.identical(at("10:00:00Z"), at("10:00:00@Etc/UTC"))
    assert not temporal.identical(at("2024-01-01T08:00:00+08:00"), at("2024-01-01T00:00:00Z"))
    assert not temporal.identical(at("P0M"), at("P0D"))


@pytest.mark.parametrize(
    ("text", "name", "printed"),
    [
        ("2024-05-01", "year", "2024"),
        ("2024-05-01", "weekday", "3"),
        ("2024-05-05T10:20:30.9", "weekday", "7"),
        ("2024-05-05T10:20:30.9", "second", "30"),
        ("2024-07-01T00:00:00@Europe/Paris", "time offset", "PT2H"),
        ("2024-07-01T00:00:00@Europe/Paris", "timezone", "Europe/Paris"),
        ("10:00:00@Europe/Paris", "time offset", "None"),
        ("10:00:00@Asia/Shanghai", "time offset", "PT8H"),
        ("10:00:00-01:30", "time offset", "-PT1H30M"),
        ("10:00:00-01:30", "timezone", "None"),
        ("-P1DT2H3M4.5S", "days", "-1"),
        ("-P1DT2H3M4.5S", "hours", "-2"),
        ("-P1DT2H3M4.5S", "minutes", "-3"),
        ("-P1DT2H3M4.5S", "seconds", "-4"),
        ("-P14M", "years", "-1"),
        ("-P14M", "months", "-2"),
    ],
)
def test_properties(text: str, name: str, printed: str) -> None:
    assert str(temporal.get_property(at(text), name)) == printed


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2024-05-01", "hour"),
        ("2024-05-01", "timezone"),
        ("10:00:00", "weekday"),
        ("2024-05-01T10:00:00", "days"),
        ("P1D", "months"),
        ("P1M", "days"),
    ],
)
def test_properties_of_another_kind(text: str, name: str) -> None:
    assert temporal.get_property(at(text), name) is NO_PROPERTY


def test_values_from_components() -> None:
    assert temporal.make_date(Decimal(2024), Decimal("2.0"), Decimal("2.9E+1")) == Date(2024, 2, 29)
    assert temporal.make_date(Decimal(2024), Decimal("2.5"), Decimal(1)) is None
    assert temporal.make_date(Decimal("1E+6000"), Decimal(1), Decimal(1)) is None
    assert temporal.make_date(Decimal("NaN"), Decimal(1), Decimal(1)) is None
    assert temporal.make_time(8, 30, Decimal("1.25"), at("PT8H")) == at("08:30:01.25+08:00")
    assert temporal.make_time(8, 30, Decimal("59." + "9" * 50)) == at("08:30:59.999999999")
    assert temporal.make_time(24, 0, Decimal(0)) is None
    assert temporal.make_time(8, 30, Decimal(0), at("PT15H")) is None
    assert temporal.make_time(8, 30, Decimal(0), at("PT0.5S")) is None
    assert temporal.make_time(8, 30, Decimal(0), at("P1M")) is None
    assert temporal.make_date_and_time(2024, 1, 2, 3, 4, 5, "Asia/Shanghai") == at(
        "2024-01-02T03:04:05@Asia/Shanghai"
    )
    assert temporal.make_date_and_time(2024, 1, 2, 3, 4, 5, "nowhere") is None


def test_parts_of_values() -> None:
    value = at("2024-01-02T23:00:00-05:00")
    assert temporal.date_of(value) == at("2024-01-02")
    assert temporal.time_of(value) == at("23:00:00-05:00")
    assert temporal.time_of(at("2024-01-02")) == at("00:00:00Z")
    assert temporal.date_of(at("23:00:00")) is None
    assert temporal.time_of(Decimal(1)) is None


def test_date_and_time_in_all_its_forms() -> None:
    moment = at("2024-01-02T10:00:00Z")
    assert temporal.date_and_time("2024-01-02T10:00:00Z") == moment
    assert temporal.date_and_time(moment) == moment
    assert temporal.date_and_time(moment, at("12:00:00")) == at("2024-01-02T12:00:00")
    assert temporal.date_and_time(moment, "Asia/Shanghai") == at("2024-01-02T18:00:00@Asia/Shanghai")
    assert temporal.date_and_time(moment, "-05:00") == at("2024-01-02T05:00:00-05:00")
    assert temporal.date_and_time(at("2024-01-02T10:00:00"), "Z") == moment
    assert temporal.date_and_time(at("2024-01-02"), at("10:00:00"), "Asia/Shanghai") == at(
        "2024-01-02T10:00:00@Asia/Shanghai"
    )
    assert temporal.date_and_time(moment, "") is None
    assert temporal.date_and_time(moment, "nowhere") is None
    assert temporal.date_and_time(at("2024-01-02")) is None
    assert temporal.date_and_time(at("10:00:00"), at("10:00:00")) is None


@pytest.mark.parametrize(
    ("start", "end", "duration"),
    [
        ("2023-01-31", "2023-02-28", "P0M"),
        ("2023-01-31", "2023-03-31", "P2M"),
        ("2023-03-30", "2023-01-31", "-P1M"),
        ("2023-03-31T00:00:00", "2023-01-31T23:00:00Z", "-P2M"),
        ("-0001-06-01", "0001-06-01", "P2Y"),
    ],
)
def test_years_and_months_between(start: str, end: str, duration: str) -> None:
    assert str(temporal.years_and_months_between(at(start), at(end))) == duration


def test_names_of_the_calendar() -> None:
    assert temporal.day_of_week(at("2024-05-01T10:00:00")) == "Wednesday"
    assert temporal.month_of_year(at("-0001-12-31")) == "December"
    for function in (
        temporal.day_of_week,
        temporal.month_of_year,
        temporal.day_of_year,
        temporal.week_of_year,
    ):
        assert function(at("10:00:00")) is None
        assert function("2024-05-01") is None
    assert temporal.years_and_months_between(at("2024-05-01"), "2024-05-01") is None
