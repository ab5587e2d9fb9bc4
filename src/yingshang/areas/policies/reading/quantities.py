"""Figures with their units and bounds: 不少于三百万元, 3%（含）至 4%, 16—24 岁, 百分之二十以上. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from .words import Bounds

_CHINESE = "零〇○一二两三四五六七八九十百千万亿"
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "○": 0,
    "两": 2,
}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_UNITS: dict[str, tuple[str, Decimal]] = {
    "万美元": ("usd", Decimal(10_000)),
    "亿美元": ("usd", Decimal(100_000_000)),
    "美元": ("usd", Decimal(1)),
    "元人民币": ("money", Decimal(1)),
    "元": ("money", Decimal(1)),
    "个百分点": ("ratio", Decimal("0.01")),
    "%": ("ratio", Decimal("0.01")),
    "‰": ("ratio", Decimal("0.001")),
    "周岁": ("岁", Decimal(1)),
    "岁": ("岁", Decimal(1)),
    "平方米": ("平方米", Decimal(1)),
    "㎡": ("平方米", Decimal(1)),
    "亩": ("亩", Decimal(1)),
    "立方米": ("立方米", Decimal(1)),
    "吨标准煤": ("吨标煤", Decimal(1)),
    "吨标煤": ("吨标煤", Decimal(1)),
    "吨": ("吨", Decimal(1)),
    "千瓦时": ("千瓦时", Decimal(1)),
    "个月": ("months", Decimal(1)),
    "年": ("months", Decimal(12)),
    "天": ("days", Decimal(1)),
    "日": ("days", Decimal(1)),
    "人次": ("人次", Decimal(1)),
    "人": ("人", Decimal(1)),
    "名": ("人", Decimal(1)),
    "户": ("户", Decimal(1)),
    "家": ("户", Decimal(1)),
    "辆": ("辆", Decimal(1)),
    "晚": ("晚", Decimal(1)),
    "分": ("分", Decimal(1)),
    "倍": ("times", Decimal(1)),
    "次": ("count", Decimal(1)),
    "项": ("count", Decimal(1)),
    "个": ("count", Decimal(1)),
    "件": ("count", Decimal(1)),
    "台": ("count", Decimal(1)),
}
_NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.\d{1,9})?[百千万亿]{0,2}"
    rf"|[{_CHINESE}]{{1,12}}(?:点[{_CHINESE}]{{1,4}})?"
)
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_QUANTITY = re.compile(rf"(?P<share>百分之|千分之)(?P<of>{_NUMBER})|(?P<number>{_NUMBER})(?P<unit>{_UNIT})")
_LOWER = re.compile(
    rf"(?P<number>{_NUMBER})(?P<unit>{_UNIT})?(?P<closed>（含）|（不含）)?(?:至|到|-|—{{1,2}}|–)$"
)
_CLOSED = re.compile(r"（(不?)含(?:本数)?）")
_NO_QUANTITY = re.compile(r"(?:第|近|最近|(?<!以)前|(?<![以之])上|过去|另|其余)$")
_NO_YEARS = re.compile(r"^(?:期|度|级|报|末|初|底|均|产|新)")
_TO = re.compile(r"(?P<closed>（含）|（不含）)?(?:至|到|-|—{1,2}|–)")
_SCALED = re.compile(
    r"(?P<number>\d{1,9}(?:\.\d{1,4})?[万亿])(?=(?:或者|或|、)\d{1,9}(?:\.\d{1,4})?[万亿]元)"
)
_HALF = re.compile(r"减半|一半")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure, or a range of them, in the smallest unit of its dimension: yuan, months, a ratio of 1.

    `start` and `end` cover the words of its bounds too, `first` and `last` the figure alone. `explicit` says that the
    text itself says whether the bound belongs to it. `least` of a range of amounts, `most` and the rest of bounds.
    """

    dimension: str
    value: Decimal
    start: int
    end: int
    first: int
    last: int
    unit: str
    operator: str = ""
    low: Decimal | None = None
    low_closed: bool | None = None
    high_closed: bool | None = None
    bound: str = ""
    """The word that bounds it: 不少于, 以上 …"""

    @property
    def is_range(self) -> bool:
        return self.low is not None

    @property
    def bounded(self) -> bool:
        return bool(self.operator) or self.is_range


def number(text: str) -> Decimal | None:
    """The number that digits or Chinese numerals write; None if they write none."""
    plain = text.replace(",", "")
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)([百千万亿]*)", plain):
        scaled = Decimal(match[1])
        for scale in match[2]:
            scaled *= _SCALES[scale]
        return scaled
    whole, _, fraction = plain.partition("点")
    value = _chinese(whole)
    if value is None:
        return None
    if fraction:
        digits = "".join(str(_DIGITS[each]) for each in fraction if each in _DIGITS)
        value += Decimal(f"0.{digits or 0}")
    return value


def _chinese(text: str) -> Decimal | None:
    if not text:
        return None
    if len(text) > 1 and all(each in _DIGITS for each in text):
        return Decimal("".join(str(_DIGITS[each]) for each in text))
    total, section, digit = 0, 0, 0
    for each in text:
        if each in _DIGITS:
            digit = _DIGITS[each]
        elif each in "万亿":
            section = (section + digit) or (0 if total else 1)
            if each == "亿":
                total = (total + section) * _SCALES[each]
            else:
                total += section * _SCALES[each]
            section = digit = 0
        else:
            section += (digit or 1) * _SCALES[each]
            digit = 0
    return Decimal(total + section + digit)


@lru_cache(maxsize=4)
def _patterns(bounds: Bounds) -> tuple[re.Pattern[str], re.Pattern[str], dict[str, str], dict[str, str]]:
    before = {word: operator for operator, words in bounds.before for word in words}
    after = {word: operator for operator, words in bounds.after for word in words}
    words = "|".join(re.escape(each) for each in sorted(before, key=len, reverse=True))
    # 至少满足两项 and 不低于售价的60%: between the word and the figure stands what it is counted in.
    prefix = re.compile(
        rf"(?P<word>{words})(?:人民币|为|了|[^，。；：\d{_CHINESE}%元]{{1,4}}|[^，。；：]{{1,14}}的)?$"
    )
    words = "|".join(re.escape(each) for each in sorted(after, key=len, reverse=True))
    suffix = re.compile(rf"(?P<closed>（含）|（不含）)?(?P<word>{words})(?P<also>（不?含[^）]{{0,4}}）)?")
    return prefix, suffix, before, after


def quantities(
    text: str, bounds: Bounds, taken: Sequence[tuple[int, int]] = (), window: int = 24
) -> list[Quantity]:
    """Every figure of a text in order. `taken` are places that are no figures: days."""
    prefix, suffix, before, after = _patterns(bounds)
    found: list[Quantity] = []
    floor = 0
    for match in _QUANTITY.finditer(text):
        start, end = match.span()
        if any(first < end and start < last for first, last in taken):
            continue
        one = _plain(text, match)
        if one is None:
            continue
        one = _with_range(text, one, floor)
        head = text[max(floor, one.start - window) : one.start]
        word = ""
        if found_before := prefix.search(head):
            word = found_before["word"]
            one = replace(
                one,
                operator=before[word],
                bound=word,
                start=one.start - (len(head) - found_before.start()),
            )
        if closed := _CLOSED.match(text, one.end):
            one = replace(one, high_closed=not closed[1], end=closed.end())
            if one.operator in ("<=", "<"):
                one = replace(one, operator="<" if closed[1] else "<=")
        found_after = suffix.match(text, one.end)
        if found_after and not (found_after["word"] == "内" and one.dimension not in ("months", "days")):
            operator = after[found_after["word"]]
            mark = found_after["closed"] or found_after["also"] or ""
            closed_bound = one.high_closed if not mark else not mark.startswith("（不")
            if closed_bound is False:
                operator = operator.rstrip("=")
            one = replace(
                one,
                operator=operator,
                bound=word + found_after["word"],
                end=found_after.end(),
                high_closed=closed_bound,
            )
        found.append(one)
        floor = one.end
    found += _halves(text)
    found += _of_a_list(text, found)
    found.sort(key=lambda each: each.first)
    return _shared(text, _joined(text, found))


def _joined(text: str, found: list[Quantity]) -> list[Quantity]:
    """3%（含）至4%: two figures with their units that are the ends of one range."""
    result: list[Quantity] = []
    for one in found:
        previous = result[-1] if result else None
        if (
            previous is not None
            and not previous.operator
            and not previous.is_range
            and not one.is_range
            and previous.dimension == one.dimension
            and previous.value < one.value
            and one.bound in ("", "以内", "以下")
            and (match := _TO.fullmatch(text, previous.last, one.first))
        ):
            closed = None if not match["closed"] else match["closed"] == "（含）"
            result[-1] = replace(
                one,
                low=previous.value,
                low_closed=closed,
                start=previous.start,
                first=previous.first,
                operator="",
            )
        else:
            result.append(one)
    return result


def _of_a_list(text: str, found: list[Quantity]) -> list[Quantity]:
    """30万或者40万元: the unit is said once."""
    result = []
    for match in _SCALED.finditer(text):
        value = number(match["number"])
        if value is not None and not any(
            one.first < match.end() and match.start() < one.last for one in found
        ):
            result.append(Quantity("money", value, *match.span(), *match.span(), "元"))
    return result


def _plain(text: str, match: re.Match[str]) -> Quantity | None:
    start, end = match.span()
    if match["share"]:
        value = number(match["of"])
        if value is None:
            return None
        scale = Decimal("0.01") if match["share"] == "百分之" else Decimal("0.001")
        unit = "%" if match["share"] == "百分之" else "‰"
        return Quantity("ratio", value * scale, start, end, start, end, unit)
    written, unit = match["number"], match["unit"]
    value = number(written)
    if value is None or _NO_QUANTITY.search(text[max(0, start - 2) : start]):
        return None
    if unit == "年" and ((written.isdigit() and len(written) == 4) or _NO_YEARS.match(text[end : end + 1])):
        return None
    if unit == "次" and text[end : end + 1] == "性":
        return None
    if unit in ("日", "户", "家", "台", "件", "分", "个") and written[0] in _CHINESE and len(written) == 1:
        return None
    dimension, scale = _UNITS[unit]
    return Quantity(dimension, value * scale, start, end, start, end, unit)


def _with_range(text: str, one: Quantity, floor: int) -> Quantity:
    """3%（含）至4%: the lower end stands before, with its unit or without."""
    head = text[max(floor, one.start - 24) : one.start]
    match = _LOWER.search(head)
    if match is None:
        return one
    low = number(match["number"])
    if low is None:
        return one
    unit = match["unit"] or one.unit
    dimension, scale = _UNITS[unit]
    if dimension != one.dimension:
        return one
    low *= scale
    if not match["unit"] and one.unit == "元" and not re.search(r"[百千万亿]$", match["number"]):
        # 5至10万元: the scale is said once, at the end.
        written = re.match(_NUMBER, text[one.first : one.last])
        if written and (scales := re.search(r"[百千万亿]+$", written[0])):
            for each in scales[0]:
                low *= _SCALES[each]
    if low > one.value:
        return one
    closed = None if not match["closed"] else match["closed"] == "（含）"
    start = one.start - (len(head) - match.start())
    return replace(one, low=low, low_closed=closed, start=start, first=start)


def _halves(text: str) -> list[Quantity]:
    return [
        Quantity("ratio", Decimal("0.5"), *match.span(), *match.span(), "%") for match in _HALF.finditer(text)
    ]


def _shared(text: str, found: list[Quantity]) -> list[Quantity]:
    """5辆车20人以上: the bound of the second is the bound of the first as well."""
    result = list(found)
    for at in range(len(result) - 2, -1, -1):
        one, following = result[at], result[at + 1]
        between = text[one.end : following.start]
        if (
            not one.bounded
            and following.operator in (">=", "<=")
            and following.bound in ("以上", "以下", "及以上", "及以下")
            and one.dimension != following.dimension
            and one.dimension not in ("money", "ratio", "months", "days")
            and len(between) <= 1
        ):
            result[at] = replace(one, operator=following.operator, bound=following.bound)
    return result
