"""What an enterprise must do: industries of GB/T 4754 that a sentence names, by code or by name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from yingshang.kernel.reference.api import find_industry, industries, industry_groups

from .conditions import Reading, string
from .proposals import Proposal
from .words import word_data

_CODES = re.compile(
    r"(?:大类|中类|小类|行业代码|代码|门类)(?:为|：)?([A-T]?\d{2,4}(?:(?:-|—{1,2}|至|、|，|和|及)[A-T]?\d{2,4}){0,40})"
)
_PIECE = re.compile(r"(\d{2,4})(?:(?:-|—{1,2}|至)(\d{2,4}))?")
_ENDING = ("业", "服务", "制造", "旅行社", "养殖", "种植", "加工", "开采")
_AFTER = re.compile(
    r"(?:等)?(?:（[^）]{0,20}）)?(?:企业|单位|法人|领域|项目|类|行业|的|、|和|及|或|与|，|。|；|$|经营主体|个体工商户|纳税人)"
)
_BEFORE = re.compile(
    r"(?:规模以上|限额以上|限额以下|规上|限上|首次升规|首次上规|现代|资质|首次|商贸|高新技术|战略性新兴|其他|先进)$"
)
_SHORT = {
    name: re.compile("(?:类|行业)?(?:企业|单位|法人|领域)")
    for name in ("工业", "农业", "服务业", "商贸业", "建筑业")
}
"""Groups so large that their names stand everywhere; they are meant where enterprises of them are."""
_LONGEST = 21


@cache
def _names() -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    found: dict[str, tuple[str, ...]] = {}
    for industry in reversed(list(industries().values())):
        name = re.sub(r"[、，（）()]", "", industry.name)
        if len(name) > 2 and name.endswith(_ENDING):
            found[industry.name] = (industry.code,)
    for group in industry_groups().values():
        if group.name.endswith(_ENDING) and not group.exclude:
            found[group.name] = group.include
    return found, frozenset(name[:2] for name in found)


@cache
def _listed() -> re.Pattern[str]:
    """批发、零售、住宿和餐饮业企业: short names in a list that ends with what is of them."""
    names = "|".join(sorted(map(re.escape, word_data()["trades"]), key=len, reverse=True))
    return re.compile(
        rf"(?<!以)(?:{names})(?:(?:、|和|及|或|与|或者)(?:{names}))*(?P<whole>业)?(?:企业|单位|法人)"
    )


def industries_in(reading: Reading, taken: Sequence[tuple[int, int]]) -> Iterator[Proposal]:
    """Industries that are a condition. Codes written out in a sentence say all that its names say."""
    text = reading.line.text
    written = False
    for match in _CODES.finditer(text):
        codes = _expanded(match[1])
        if codes:
            written = True
            yield _proposal(reading, codes, match.start(), match.end(), "high", "industry-code")
    if written:
        return
    short: list[tuple[int, int]] = []
    for match in _listed().finditer(text):
        if match["whole"] and text[match.start() : match.end("whole")] in _names()[0]:
            continue
        own = {code for name, listed in word_data()["trades"].items() if name in match[0] for code in listed}
        short.append(match.span())
        yield _proposal(reading, tuple(sorted(own)), match.start(), match.end(), "medium", "industry-name")
    group: list[str] = []
    start = end = 0
    for first, last, codes in _named(text):
        if any(start_of <= first and last <= end_of for start_of, end_of in (*taken, *short)):
            continue
        if _BEFORE.search(text[max(0, first - 6) : first]) or not _AFTER.match(text, last):
            continue
        if (only := _SHORT.get(text[first:last])) and not only.match(text, last):
            continue
        if group and not re.fullmatch(r"[、，]?(?:和|及|或|与|或者|以及)?", text[end:first]):
            yield _proposal(reading, tuple(group), start, end, "medium", "industry-name")
            group = []
        if not group:
            start = first
        group += [each for each in codes if each not in group]
        end = last
    if group:
        yield _proposal(reading, tuple(group), start, end, "medium", "industry-name")


def industry_expression(codes: Sequence[str]) -> str:
    """FEEL for lying in one of some industries."""
    divisions: list[str] = []
    longer: list[str] = []
    for code in codes:
        if code.isalpha():
            divisions += [
                each.code
                for each in industries().values()
                if each.level == "division" and each.section == code
            ]
        elif len(code) == 2:
            divisions.append(code)
        else:
            longer.append(code)
    tests = [f"starts with(所属行业, {string(code)})" for code in longer]
    if divisions:
        tests.insert(0, f"substring(所属行业, 1, 2) in ({', '.join(_runs(sorted(set(divisions))))})")
    return " or ".join(tests)


def _runs(codes: list[str]) -> Iterator[str]:
    """Codes as FEEL lists them, neighbours as one range."""
    at = 0
    while at < len(codes):
        last = at
        while last + 1 < len(codes) and int(codes[last + 1]) == int(codes[last]) + 1:
            last += 1
        if last - at < 2:
            yield string(codes[at])
            at += 1
        else:
            yield f"[{string(codes[at])}..{string(codes[last])}]"
            at = last + 1


def _proposal(
    reading: Reading, codes: tuple[str, ...], start: int, end: int, confidence: str, rule: str
) -> Proposal:
    reasons = {
        "industry-code": ("codes of GB/T 4754 are written out", "写明了国民经济行业分类代码"),
        "industry-name": ("an industry of GB/T 4754 is named", "写明了国民经济行业分类名称"),
    }
    return reading.proposal(
        "industry",
        rule,
        ", ".join(codes),
        start,
        end,
        "high" if confidence == "high" else "medium",
        reasons[rule],
        fact="ent.industry",
        expression=industry_expression(codes),
    )


def _expanded(written: str) -> tuple[str, ...]:
    found: list[str] = []
    for match in _PIECE.finditer(written):
        if match[2] and len(match[1]) == len(match[2]) == 2:
            found += [f"{code:02d}" for code in range(int(match[1]), int(match[2]) + 1)]
        else:
            found += [each for each in match.groups() if each]
    return tuple(code for code in found if find_industry(code) is not None)


def _named(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    names, heads = _names()
    at = 0
    while at < len(text) - 1:
        if text[at : at + 2] in heads:
            for length in range(min(_LONGEST, len(text) - at), 1, -1):
                if codes := names.get(text[at : at + length]):
                    yield at, at + length, codes
                    at += length
                    break
            else:
                at += 1
        else:
            at += 1
