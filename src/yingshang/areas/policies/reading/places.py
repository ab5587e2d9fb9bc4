"""Where an enterprise must be: divisions of GB/T 2260 that a sentence names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from yingshang.kernel.reference.api import (
    COUNTRY,
    Region,
    ancestors_of,
    divisions,
    find_region,
    region_is_within,
    townships,
)

from .conditions import Reading, string
from .proposals import Confidence, Proposal

_AGENCY = re.compile(
    r"(?:(?!企业|单位|内|注册|登记|、|的|内的)[\u4e00-\u9fff]){0,10}?(?:厅|局|委员会|办公室|办公厅|政府|管委会|财政|部门|省委|市委)"
)
_NOT_A_PLACE_AFTER = re.compile(r"级|外|籍|产|版|（[^）]{0,8}版）|[^，。、]{0,8}目录|首|语")
_NOT_A_PLACE_BEFORE = re.compile(r"(?:认定为|评为|列入|获得|荣获|省|市)$")
_SURE_BEFORE = re.compile(r"(?:注册|登记|设立|位于|地址|场所|落户|工商|迁入|项目)[^，。；]{0,6}$")
_SURE_AFTER = re.compile(
    r"(?:（[^）]{0,16}）)?(?:市|县|区)?(?:行政区域|辖区|境)?(?:范围)?(?:内|注册|登记|设立|依法|从事)|(?:[^，。；、]{0,4})(?:企业|单位|法人|旅行社|经营主体|个体工商户|机构)"
)
_HERE = re.compile(r"(?:本|我|全)(?P<level>省|市|区|县|州|自治区)")
_LEVELS = {
    "省": ("province",),
    "自治区": ("province",),
    "市": ("prefecture", "county"),
    "州": ("prefecture",),
    "区": ("county",),
    "县": ("county",),
}
_LISTED = re.compile(r"[、和及与]$")
_LISTED_AFTER = re.compile(r"[、和及与]")
_TITLE = re.compile(r"《[^》]{0,200}》")
_NATIONS = re.compile(
    r"(?:壮|回|藏|苗|彝|侗|傣|白|羌|土家|布依|蒙古|朝鲜|哈萨克|柯尔克孜|傈僳|景颇|维吾尔|哈尼)+族?"
)
_LONGEST = 15


@cache
def _names() -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """Codes by the names documents use, and the beginnings of those names."""
    found: dict[str, list[str]] = {}
    for region in divisions().values():
        if region.code != COUNTRY:
            found.setdefault(region.name, []).append(region.code)
            if region.level in ("province", "prefecture") and (short := _short(region)):
                found.setdefault(short, []).append(region.code)
    for region in townships().values():
        if region.name.endswith(("镇", "乡", "街道")) and len(region.name) > 2:
            found.setdefault(region.name, []).append(region.code)
    return {name: tuple(codes) for name, codes in found.items()}, frozenset(name[:2] for name in found)


def _short(region: Region) -> str:
    name = region.name
    for ending in ("特别行政区", "自治区", "自治州", "地区", "省", "市", "盟"):
        if name.endswith(ending):
            name = name[: -len(ending)]
            if ending in ("自治区", "自治州"):
                name = _NATIONS.sub("", name)
            break
    return name if len(name) > 1 and name != region.name else ""


def regions_in(reading: Reading, here: str) -> Iterator[Proposal]:
    """Divisions that are a condition. `here` is the code of the place the document is for, if known."""
    text = reading.line.text
    titles = [match.span() for match in _TITLE.finditer(text)]
    found = _found(text, here)
    seen: set[str] = set()
    for start, end, name, codes in found:
        if any(first <= start < last for first, last in titles):
            continue
        if _AGENCY.match(text, end) or _NOT_A_PLACE_AFTER.match(text, end):
            continue
        before = text[max(0, start - 12) : start]
        if _NOT_A_PLACE_BEFORE.search(before):
            continue
        sure = bool(_SURE_BEFORE.search(before) or _SURE_AFTER.match(text, end))
        listed = bool(_LISTED.search(before) or _LISTED_AFTER.match(text, end))
        whole = name[-1:] in "省市区县旗州盟镇乡道"
        if _HERE.fullmatch(name) and not sure:
            continue
        if len(codes) != 1 or codes[0] in seen or not (sure or listed or whole):
            continue
        confidence: Confidence = "high" if sure and whole else "medium" if sure else "low"
        seen.add(codes[0])
        yield reading.proposal(
            "region",
            "division",
            codes[0],
            start,
            end,
            confidence,
            ("a division of GB/T 2260 is named", "写明了行政区划"),
            fact="ent.region" if len(codes[0]) == 6 else "ent.town_code",
            expression=region_expression(codes[0]),
        )


def region_expression(code: str) -> str:
    """FEEL for lying in a division."""
    region = find_region(code)
    if region is None or region.level == "country":
        return "true"
    if region.level == "township":
        return f"所在乡镇街道代码 = {string(code)}"
    return f"starts with(所在区划, {string(region.path)})"


def _found(text: str, here: str) -> list[tuple[int, int, str, tuple[str, ...]]]:
    """Names in the order of the text, the longest at each place; 广东省深圳市 is one, the smaller."""
    names, heads = _names()
    found: list[tuple[int, int, str, tuple[str, ...]]] = []
    at = 0
    while at < len(text) - 1:
        if text[at : at + 2] in heads:
            for length in range(min(_LONGEST, len(text) - at), 1, -1):
                name = text[at : at + length]
                if codes := names.get(name):
                    previous = found[-1] if found and found[-1][1] == at else None
                    chosen = _resolved(codes, previous[3] if previous else (), here)
                    if (
                        previous
                        and len(chosen) == 1
                        and len(previous[3]) == 1
                        and _lies(chosen[0], previous[3][0])
                    ):
                        found.pop()
                        found.append((previous[0], at + length, name, chosen))
                    else:
                        found.append((at, at + length, name, chosen))
                    at += length
                    break
            else:
                at += 1
        elif here and (match := _HERE.match(text, at)):
            if place := _own(here, match["level"]):
                found.append((at, match.end(), match[0], (place,)))
            at = match.end()
        else:
            at += 1
    return found


def _own(here: str, level: str) -> str | None:
    """What 本省, 本市 is for a document of a place: that place or the one of this level above it."""
    if find_region(here) is None:
        return None
    for region in ancestors_of(here):
        if region.level in _LEVELS[level] and (level not in "市区县" or region.name.endswith(level)):
            return region.code
        if level == "市" and region.level == "province" and region.name.endswith("市"):
            return region.code
    return None


def _resolved(codes: tuple[str, ...], above: tuple[str, ...], here: str) -> tuple[str, ...]:
    """Of several divisions of one name: the one in what was just named, or where the document is from."""
    for place in (*above, here):
        inside = tuple(code for code in codes if place and _lies(code, place))
        if len(inside) == 1:
            return inside
    divisions_only = tuple(code for code in codes if len(code) == 6)
    # A province and its capital may share a short name (吉林); the document's place has not settled it, so the larger.
    if (
        len(divisions_only) == 2
        and divisions_only[1].startswith(divisions_only[0][:2])
        and divisions_only[0].endswith("0000")
    ):
        return divisions_only[:1]
    return divisions_only or codes


def _lies(code: str, place: str) -> bool:
    return find_region(place) is not None and code != place and region_is_within(code, place)
