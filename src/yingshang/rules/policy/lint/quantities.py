"""Figures in Chinese text: 5000万元, 2亿元, 三百万元, 60%, 百分之三, 3‰, 12个月, 近三年, 30人.

Years of the calendar, days of the month, ordinals and document numbers are no figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

MONEY, RATIO, COUNT, MONTHS, YEARS, DAYS, MEASURE = (
    "money",
    "ratio",
    "count",
    "months",
    "years",
    "days",
    "measure",
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure of a text: `value` in yuan, as a ratio, or in the unit named."""

    kind: str
    value: Decimal
    text: str


_NUMERALS = ("零〇", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_DIGITS = {character: value for value, characters in enumerate(_NUMERALS) for character in characters}
_SMALL = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}
_CHINESE = "零〇一二两三四五六七八九壹贰叁肆伍陆柒捌玖十拾百佰千仟"
_UNITS = {
    "元": MONEY, "美元": MONEY, "人民币": MONEY,
    "%": RATIO, "％": RATIO, "‰": RATIO, "个百分点": RATIO, "百分点": RATIO,
    "人": COUNT, "名": COUNT, "家": COUNT, "户": COUNT, "项": COUNT, "件": COUNT, "次": COUNT,
    "辆": COUNT, "个展位": COUNT,
    "个月": MONTHS, "年": YEARS, "周岁": YEARS, "岁": YEARS, "天": DAYS, "个工作日": DAYS,
    "平方米": MEASURE, "吨标准煤": MEASURE, "吨标煤": MEASURE, "吨": MEASURE, "千瓦时": MEASURE, "分": MEASURE,
}  # fmt: skip
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_FIGURE = re.compile(
    rf"(?P<before>[第上])?(?:(?P<arabic>\d[\d,，]*(?:\.\d+)?)\s*(?P<scale>[十百千]?[万亿]|[百千](?=[元万]))?"
    rf"|(?P<chinese>[{_CHINESE}][{_CHINESE}万亿]*))"
    rf"\s*(?P<unit>{_UNIT})(?P<after>[期度级以]?)"
)
_FRACTION = re.compile(
    rf"(?P<base>百|千|万)分之(?:(?P<arabic>\d+(?:\.\d+)?)|(?P<chinese>[{_CHINESE}]+(?:点[{_CHINESE}]+)?))"
)
_CODE = re.compile(r"(?<![a-z0-9])(\d{1,2})(y|m|d)(?![a-z0-9])|_(\d{1,2})(y|m|d)(?![a-z0-9])")
_CODE_KINDS = {"y": YEARS, "m": MONTHS, "d": DAYS}


def quantities_of(text: str) -> list[Quantity]:
    """The figures of a text, in order."""
    return [each for each in _found(text) if each is not None]


def quantities_of_code(code: str) -> list[Quantity]:
    """The periods a fact's code names: `hire.count_12m`, `ent.violation_3y`."""
    return [
        Quantity(_CODE_KINDS[one or two], Decimal(first or second), code)
        for first, one, second, two in _CODE.findall(code)
    ]


def _found(text: str) -> Iterator[Quantity | None]:
    for match in _FRACTION.finditer(text):
        value = _arabic(match["arabic"]) if match["arabic"] else _with_point(match["chinese"])
        if value is not None:
            yield Quantity(RATIO, value / {"百": 100, "千": 1000, "万": 10_000}[match["base"]], match[0])
    rest = _FRACTION.sub(lambda match: " " * len(match[0]), text)
    for match in _FIGURE.finditer(rest):
        yield _quantity(match)


def _quantity(match: re.Match[str]) -> Quantity | None:
    unit = match["unit"]
    kind = _UNITS[unit]
    chinese = match["chinese"]
    value = _chinese(chinese) if chinese else _arabic(match["arabic"])
    if value is None:
        return None
    for character in match["scale"] or "":
        value *= _SMALL.get(character) or _LARGE[character]
    words = match[0].strip()
    if match["before"] or (
        kind == YEARS and unit == "年" and (value >= 100 or match["after"] in ("期", "度", "级"))
    ):
        # 第三年, 上一年度, 2024年, 一年期
        return None
    if chinese and value == 1 and kind in (COUNT, YEARS):
        # 一次性, 一名, 一年内: hardly ever a threshold.
        return None
    if chinese and (unit == "分" or (unit == "项" and value <= 10)):
        # 十分之一, 七项指标中
        return None
    if kind == RATIO:
        value /= 1000 if unit == "‰" else 100
    return Quantity(kind, value, words.removesuffix(match["after"]) if match["after"] else words)


def _arabic(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        return None


def _with_point(text: str) -> Decimal | None:
    whole, point, fraction = text.partition("点")
    value = _chinese(whole)
    if value is None or not point:
        return value
    digits = "".join(str(_DIGITS.get(each, "")) for each in fraction)
    return Decimal(f"{value}.{digits}") if digits else value


def _chinese(text: str) -> Decimal | None:
    """三百万 as 3000000; None if it is no number."""
    total, section, digit = 0, 0, 0
    for character in text:
        if character in _DIGITS:
            digit = digit * 10 + _DIGITS[character] if digit and character in "零〇" else _DIGITS[character]
        elif character in _SMALL:
            section += (digit or 1) * _SMALL[character]
            digit = 0
        elif character in _LARGE:
            # 一亿二千万: 亿 is about everything before it, 万 only about what comes after 亿.
            before = total if character == "亿" else 0
            total += (before + section + digit) * _LARGE[character] - before
            section = digit = 0
        else:
            return None
    return Decimal(total + section + digit)


__all__ = [
    "COUNT",
    "DAYS",
    "MEASURE",
    "MONEY",
    "MONTHS",
    "RATIO",
    "YEARS",
    "Quantity",
    "quantities_of",
    "quantities_of_code",
]
