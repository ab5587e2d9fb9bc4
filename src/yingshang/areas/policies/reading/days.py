"""From when until when: days, terms and windows that a sentence sets. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .conditions import Reading
from .proposals import Confidence, Proposal
from .quantities import number

_CHINESE = "〇零○一二三四五六七八九十"
_YEAR = rf"(?P<year>(?:19|20)\d{{2}}|[{_CHINESE}]{{4}})年"
_DAY = re.compile(
    rf"(?:{_YEAR})?(?P<month>1[0-2]|0?[1-9]|[{_CHINESE}]{{1,3}})月(?P<day>3[01]|[12]\d|0?[1-9]|[{_CHINESE}]{{1,3}})日"
    r"|(?P<year2>(?:19|20)\d{2})[-./](?P<month2>1[0-2]|0?[1-9])[-./](?P<day2>3[01]|[12]\d|0?[1-9])(?!\d)"
)
_MONTH = re.compile(rf"{_YEAR}(?P<month>1[0-2]|0?[1-9])月(?!\d|[{_CHINESE}]*日)")
_BARE_YEAR = re.compile(rf"{_YEAR}(?P<how>起|以来|以后|以前|之前|底前?|末)")
_UNTIL = re.compile(r"(?:至|到|-|—{1,2}|–)$")
_FROM_AFTER = re.compile(r"(?:起|以来|以后|之后|（含）起|后)")
_TO_AFTER = re.compile(r"(?:（含）)?(?:以前|之前|前|止|为止|截止|截至|届满|到期)")
_TO_BEFORE = re.compile(
    r"(?:有效期(?:限)?(?:至|到|截至|截止至|截止到)|执行期限至|执行至|执行到|截至|截止到|截止至|延续至|至|到|不晚于|不迟于)$"
)
_FROM_BEFORE = re.compile(r"(?:自|从)$")
_TERM = re.compile(rf"有效期(?:限)?(?:为|是)?(?P<number>\d{{1,2}}|[{_CHINESE}两]{{1,3}})(?P<unit>年|个月)")
_ISSUED = re.compile(
    r"自(?:印发|发布|公布|颁布|下发)之日起(?P<later>[^，。；]{0,8}日后)?(?:施行|实施|执行|生效)?"
)
_WITHIN = re.compile(
    rf"(?:之日|之后|后)?起?(?P<number>\d{{1,3}}|[{_CHINESE}两]{{1,3}})(?P<unit>年|个月|个工作日|日|天)内[^，。；]{{0,10}}?(?:申请|申报|提出|提交|办理)"
)
_EVERY_YEAR = re.compile(
    r"每年(?:度)?(?P<from>\d{1,2}月(?:\d{1,2}日)?)(?:至|到|-|—{1,2})(?P<to>\d{1,2}月(?:\d{1,2}日)?)"
)
_WINDOW = re.compile(r"申报|受理|申请|征集|填报|报名|提交")
_WITHIN_UNITS = {"年": "P{}Y", "个月": "P{}M", "日": "P{}D", "天": "P{}D", "个工作日": "P{}D"}


@dataclass(frozen=True, slots=True)
class Day:
    """A day that stands in a sentence."""

    day: date
    start: int
    end: int


def days_in(text: str) -> list[Day]:
    """Every full day of a text; a second one may leave out the year of the first."""
    found: list[Day] = []
    for match in _DAY.finditer(text):
        year = match["year"] or match["year2"]
        if year is None and found and match.start() - found[-1].end <= 3:
            year = str(found[-1].day.year)
        made = _date(year, match["month"] or match["month2"], match["day"] or match["day2"])
        if made:
            found.append(Day(made, match.start(), match.end()))
    return found


def dates_in(reading: Reading, days: list[Day], issued_on: date | None) -> Iterator[Proposal]:
    """Beginnings, ends, terms, and windows of application."""
    text = reading.line.text
    began: date | None = None
    skip = -1
    for at, one in enumerate(days):
        if at == skip:
            continue
        following = days[at + 1] if at + 1 < len(days) else None
        if following and _joined(text[one.end : following.start]):
            skip = at + 1
            began = one.day
            first, _ = reading.line.segment(one.start)
            window = bool(_WINDOW.search(text[first : one.start])) or bool(
                _WINDOW.match(text, following.end) or _WINDOW.match(text, following.end + 1)
            )
            field = "windows" if window else "effective"
            whole = {"from": one.day.isoformat(), "to": following.day.isoformat()}
            for word, day in (("from", one), ("to", following)):
                yield _proposal(
                    reading,
                    f"{word} {day.day.isoformat()}",
                    one.start,
                    following.end,
                    "high",
                    "period",
                    field,
                    whole,
                )
            continue
        before, after = text[max(0, one.start - 8) : one.start], text[one.end : one.end + 4]
        field = "windows" if _WINDOW.search(text[max(0, one.start - 16) : one.start]) else "effective"
        if _TO_AFTER.match(after) or _TO_BEFORE.search(before):
            whole = {"to": one.day.isoformat()}
            yield _proposal(
                reading, f"to {one.day.isoformat()}", one.start, one.end, "high", "until", field, whole
            )
        elif _FROM_AFTER.match(after) or _FROM_BEFORE.search(before):
            began = one.day
            whole = {"from": one.day.isoformat()}
            yield _proposal(
                reading, f"from {one.day.isoformat()}", one.start, one.end, "high", "since", field, whole
            )
    for match in _BARE_YEAR.finditer(text):
        year = int(number(match["year"]) or 0)
        if match["how"] in ("起", "以来"):
            bound, word = date(year, 1, 1), "from"
        elif match["how"] == "以后":
            bound, word = date(year + 1, 1, 1), "from"
        elif match["how"] in ("底", "底前", "末"):
            bound, word = date(year, 12, 31), "to"
        else:
            bound, word = date(year - 1, 12, 31), "to"
        yield _proposal(
            reading,
            f"{word} {bound.isoformat()}",
            match.start(),
            match.end(),
            "medium",
            "year",
            "effective",
            {word: bound.isoformat()},
        )
    if issued := _ISSUED.search(text):
        if issued_on is not None and not issued["later"]:
            began = issued_on
            yield _proposal(
                reading,
                f"from {issued_on.isoformat()}",
                issued.start(),
                issued.end(),
                "high",
                "since-issued",
                "effective",
                {"from": issued_on.isoformat()},
            )
        else:
            yield _proposal(
                reading,
                "from the day it is issued",
                issued.start(),
                issued.end(),
                "low",
                "since-issued",
                "effective",
                {},
            )
    if term := _TERM.search(text):
        count = int(number(term["number"]) or 0)
        months = count * 12 if term["unit"] == "年" else count
        ending: dict[str, Any] = {}
        statement = f"for P{count}{'Y' if term['unit'] == '年' else 'M'}"
        if began is not None:
            last = _later(began, months)
            if last is not None:
                ending, statement = {"to": last.isoformat()}, f"to {last.isoformat()}"
        yield _proposal(
            reading,
            statement,
            term.start(),
            term.end(),
            "high" if ending else "low",
            "term",
            "effective",
            ending,
        )
    for match in _EVERY_YEAR.finditer(text):
        yield _proposal(
            reading,
            f"every year {match['from']}-{match['to']}",
            match.start(),
            match.end(),
            "low",
            "every-year",
            "windows",
            {},
        )
    for match in _WITHIN.finditer(text):
        if "之日" not in text[max(0, match.start() - 6) : match.start() + 3] and "后" not in match[0]:
            continue
        period = _WITHIN_UNITS[match["unit"]].format(int(number(match["number"]) or 0))
        yield _proposal(
            reading, f"within {period}", match.start(), match.end(), "medium", "within", "windows", {}
        )


def _proposal(
    reading: Reading,
    statement: str,
    start: int,
    end: int,
    confidence: Confidence,
    rule: str,
    field: str,
    whole: Any,
) -> Proposal:
    reasons = {
        "period": ("two days joined", "写明起止两日"),
        "until": ("a day with a word of ending", "日期带有截止用语"),
        "since": ("a day with a word of beginning", "日期带有起始用语"),
        "year": ("a year with a word of beginning or ending", "年份带有起止用语"),
        "since-issued": ("begins on the day it is issued", "自印发之日起"),
        "term": ("a term of validity", "写明有效期"),
        "every-year": ("days of every year; write the windows", "每年固定日期，请逐年写明"),
        "within": ("a time limit counted from an event", "自某事之日起计的期限"),
    }
    return reading.proposal(
        "date",
        rule,
        statement,
        start,
        end,
        confidence,
        reasons[rule],
        fragment={field: whole} if whole else {},
    )


def _joined(between: str) -> bool:
    return bool(re.fullmatch(r"(?:（[^）]{0,6}）)?(?:起)?(?:至|到|-|—{1,2}|–)", between))


def _date(year: str | None, month: str, day: str) -> date | None:
    numbers = [number(each) if each else None for each in (year, month, day)]
    if None in numbers:
        return None
    try:
        return date(*(int(each or 0) for each in numbers))
    except ValueError:
        return None


def _later(day: date, months: int) -> date | None:
    """The last day of a term: 2024-03-01 for three years ends on 2027-02-28."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day) - timedelta(days=1)
    except ValueError:
        return date(year, month + 2, 1) - timedelta(days=1) if month < 11 else None
