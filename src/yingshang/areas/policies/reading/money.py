"""What is given: amounts, shares of something, bands, and the most of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from .conditions import AWARD, Reading, in_unit, plain
from .proposals import Confidence, Proposal
from .quantities import Quantity
from .words import Known

_MOST = re.compile(r"最高|最多|最长|不超过|不高于|不得超过|不得高于|至多|累计不超过|上限|封顶|限额")
_PER: tuple[tuple[str, str], ...] = (
    (r"每人每晚|人晚", "人晚"),
    (r"每平方米每月", "平方米月"),
    (r"每人每月", "人月"),
    (r"每人每年", "人年"),
    (r"每季度|单个季度", "季度"),
    (
        r"每(?:招用|吸纳|新增|新招用|安置)?1?[名个]?人|每(?:招用|吸纳|新增|安置)一人|每名|同一人|单人|逐人",
        "人",
    ),
    (r"单个[^，。；]{0,6}项目|每个[^，。；]{0,6}项目|单个项目|同一项目", "项目"),
    (r"累计", "累计"),
    (r"每户|每家|单户|单家|每个企业|单个企业|同一企业|每企业|单一企业", "户"),
    (r"每年(?!贴)|年度最高|全年|当年最高|每年度|年最高", "年"),
    (r"每月", "月"),
    (r"每平方米", "平方米"),
    (r"每台|每套", "台"),
    (r"每个产品|每款产品|每项产品", "产品"),
    (r"每吨标准?煤", "吨标煤"),
    (r"每吨", "吨"),
    (r"每立方米", "立方米"),
    (r"每(?:千瓦时|度)", "千瓦时"),
    (r"每件", "件"),
)
PER_IN_CAPS = {
    "户": "subject",
    "年": "year",
    "月": "month",
    "季度": "quarter",
    "累计": "cumulative",
    "项目": "project",
}
_PART = re.compile(r"的?部分")
_GAP = re.compile(r"(?:的?部分)?[^。；\d]{0,14}")
_ALL_OF = re.compile(r"(?:按|按照)[^。；]{0,40}?(?:补贴|返还|补助|补偿|贴补)")
_GIVEN = re.compile(r"给予|奖励|补助|补贴")
_AS_AWARD = re.compile(r"的?(?:一次性)?(?:奖励|奖补|补助|补贴|资助|扶持|支持)")
_EACH_TIME = re.compile(r"每(?:新增|增加|增长|满|完成|达到)$")
_RESPECTIVELY = re.compile(r"分别")
_INTEREST = re.compile(r"LPR|贷款市场报价利率")


@dataclass(frozen=True, slots=True)
class _Band:
    interval: Quantity
    value: Quantity
    index: tuple[int, int]


def bands_in(reading: Reading) -> Iterator[Proposal]:
    """增幅20%以内（含）500元，20%至30%（含）1000元: figures in pairs, an interval and what it gives."""
    text = reading.line.text
    pairs: list[_Band] = []
    index = 0
    while index < len(reading.quantities) - 1:
        one, following = reading.quantities[index], reading.quantities[index + 1]
        between = text[one.end : following.start]
        if (
            index not in reading.used
            and one.bounded
            and not re.search(r"最|累计", one.bound)
            and one.dimension in ("money", "usd", "ratio", "人", "count", "months", "吨标煤")
            and following.dimension in ("money", "ratio")
            and not following.bounded
            and len(between) <= 16
            and _GAP.fullmatch(between)
            and (_PART.match(text, one.end) or "，" not in between)
        ):
            pairs.append(_Band(one, following, (index, index + 1)))
            index += 2
        else:
            index += 1
    alone = (
        len(pairs) == 1
        and bool(_PART.match(text, pairs[0].interval.end))
        and pairs[0].interval.dimension == "money"
    )
    if not alone and (len(pairs) < 2 or len({each.interval.dimension for each in pairs}) != 1):
        return
    by = _measure(reading, pairs[0].interval)
    edges = _edges(pairs)
    rows: list[dict[str, Any]] = []
    for band, within in zip(pairs, edges, strict=True):
        row: dict[str, Any] = {"within": _within(within, band.interval, by)}
        if band.value.dimension == "ratio":
            row["rate"] = _rate(band.value)
        else:
            row["amount"] = _number(band.value.value)
        rows.append(row)
    base = _base(reading, pairs[0].value) if pairs[0].value.dimension == "ratio" else None
    of = {"of": base.name} if base is not None and base.holder is None else {}
    said = all(_explicit(each.interval) for each in pairs[:-1])
    for band, row in zip(pairs, rows, strict=True):
        reading.used.update(band.index)
        given = row["rate"] if "rate" in row else plain(band.value.value)
        yield reading.proposal(
            "band",
            "bands",
            f"{row['within']}: {given}",
            band.interval.start,
            band.value.end,
            "high" if said and by else "medium" if by else "low",
            (
                "an interval and what it gives"
                + ("" if said else "; the text does not say where an edge belongs"),
                "区间和对应的标准" + ("" if said else "；交界处归哪一档没有写明"),
            ),
            fact=by.code if by else "",
            fragment={"bands": {"by": by.name if by and by.holder is None else "", **of, "rows": [row]}},
        )


def respectively(reading: Reading) -> Iterator[Proposal]:
    """突破1000万元、2000万元的，分别奖励10万元、20万元: as many figures before the word as after it."""
    text = reading.line.text
    for match in _RESPECTIVELY.finditer(text):
        after = _list_of(reading, match.end(), forward=True)
        before = _list_of(reading, match.start(), forward=False)
        if len(after) < 2 or len(after) != len(before):
            continue
        steps = [reading.quantities[index] for index in before]
        given = [reading.quantities[index] for index in after]
        rising = all(one.value < other.value for one, other in pairwise(steps))
        operator = next((one.operator for one in (steps[0], steps[-1]) if one.operator in (">=", ">")), "")
        if not rising or not operator or given[0].dimension not in ("money", "ratio"):
            continue
        by = _measure(reading, steps[0])
        closed = operator == ">="
        reading.used.update(before, after)
        for at, (step, what) in enumerate(zip(steps, given, strict=True)):
            high = steps[at + 1].value if at + 1 < len(steps) else None
            within = _within((step.value, closed, high, not closed), step, by)
            row = {"within": within} | (
                {"rate": _rate(what)} if what.dimension == "ratio" else {"amount": _number(what.value)}
            )
            yield reading.proposal(
                "band",
                "respectively",
                f"{within}: {row.get('rate', plain(what.value))}",
                step.start,
                what.end,
                "medium" if by else "low",
                ("as many steps as amounts, joined by 分别", "界限和标准个数相同，以“分别”相连"),
                fact=by.code if by else "",
                fragment={"bands": {"by": by.name if by and by.holder is None else "", "rows": [row]}},
            )


def _list_of(reading: Reading, place: int, *, forward: bool) -> list[int]:
    """The figures listed next to a place: neighbours with nothing but 、 between them."""
    text = reading.line.text
    indexes = [
        index
        for index, one in enumerate(reading.quantities)
        if (one.first >= place if forward else one.last <= place) and index not in reading.used
    ]
    if not forward:
        indexes.reverse()
    found: list[int] = []
    for index in indexes:
        if found:
            first, last = sorted((found[-1], index))
            between = text[reading.quantities[first].last : reading.quantities[last].first]
            if not re.fullmatch("元?[、和及]", between):
                break
        found.append(index)
    return found if forward else found[::-1]


def _explicit(one: Quantity) -> bool:
    return one.low_closed is not None or one.high_closed is not None


def _measure(reading: Reading, one: Quantity) -> Known | None:
    fitting = [
        hit for hit in reading.figures if hit.known.dimension == one.dimension and hit.start < one.last
    ]
    return max(fitting, key=lambda hit: (hit.end <= one.first, hit.end)).known if fitting else None


_Edge = tuple[Decimal | None, bool, Decimal | None, bool]


def _edges(pairs: list[_Band]) -> list[_Edge]:
    """Intervals that do not overlap: an edge that one of two neighbours claims in words is not the other's."""
    edges: list[_Edge] = []
    sure: list[tuple[bool, bool]] = []
    for each in pairs:
        one = each.interval
        if one.is_range:
            edges.append((one.low, one.low_closed is not False, one.value, bool(one.high_closed)))
            sure.append((one.low_closed is not None, one.high_closed is not None))
        elif one.operator in (">=", ">"):
            edges.append((one.value, one.operator == ">=", None, False))
            sure.append((one.high_closed is not None or "及" in one.bound, False))
        else:
            edges.append((None, False, one.value, one.operator == "<="))
            sure.append((False, one.high_closed is not None or "及" in one.bound))
    for at in range(len(edges)):
        for other in range(len(edges)):
            low, low_closed, high, high_closed = edges[at]
            below = edges[other]
            if other == at or low is None or below[2] != low or low_closed == (not below[3]):
                continue
            # Both claim the edge, or neither does.
            if sure[other][1] and not sure[at][0]:
                edges[at] = (low, not below[3], high, high_closed)
            elif (sure[at][0] and not sure[other][1]) or pairs[other].interval.is_range:
                edges[other] = (below[0], below[1], below[2], not low_closed)
            else:
                edges[at] = (low, not below[3], high, high_closed)
    return edges


def _within(edge: _Edge, one: Quantity, by: Known | None) -> str:
    low, low_closed, high, high_closed = edge
    first = None if low is None else plain(in_unit(low, one, by) if by else low)
    last = None if high is None else plain(in_unit(high, one, by) if by else high)
    if first is None:
        return f"{'<=' if high_closed else '<'} {last}"
    if last is None:
        return f"{'>=' if low_closed else '>'} {first}"
    return f"{'[' if low_closed else '('}{first}..{last}{']' if high_closed else ')'}"


def amounts_in(reading: Reading) -> Iterator[Proposal]:
    """Figures that no condition and no band has taken: what is given, or the most of it."""
    text = reading.line.text
    given = False
    left: list[tuple[int, Quantity]] = []
    measures: dict[int, Quantity] = {}
    for index, one in enumerate(reading.quantities):
        if index not in reading.used and one.dimension in ("money", "ratio", "times", "months"):
            # 每新增1000万元奖励2万元: the first is a measure, and what is given is given for each of it.
            if _EACH_TIME.search(text, max(0, one.start - 4), one.start):
                reading.used.add(index)
                measures[one.last] = one
            else:
                left.append((index, one))
    award = bool(AWARD.search(text))
    has_plain = any(not one.bounded and one.dimension in ("money", "ratio") for _, one in left)
    for index, one in left:
        first, last = reading.line.segment(one.first)
        per = _per(text, first, last, one, [each for _, each in left])
        most = bool(_MOST.search(one.bound)) or bool(one.operator in ("<=", "<"))
        if measure := next((each for end, each in measures.items() if first <= end <= one.first), None):
            per = f"{plain(measure.value)}{measure.unit}"
        if one.dimension == "months":
            if (
                most
                and one.bound
                and not re.search("低|足|满", one.bound)
                and (award or "期限" in text or per)
            ):
                reading.used.add(index)
                yield _cap(reading, one, f"{plain(one.value)}月", per, "medium", {})
            continue
        if one.operator in (">=", ">"):
            continue
        if one.dimension == "times":
            if not one.bounded:
                reading.used.add(index)
                yield _amount(reading, one, f"{plain(one.value)}倍", "", None, False, "low")
            continue
        base = _base(reading, one) if one.dimension == "ratio" else None
        named = _GIVEN.search(text, max(first, one.start - 8), one.start) and _AS_AWARD.match(text, one.end)
        is_cap = (
            most
            and one.dimension == "money"
            and not named
            and (given or has_plain or _based(text, first, reading))
        )
        confidence: Confidence = "high" if award or per or base else "low"
        if one.dimension == "ratio" and not award and base is None and not most:
            confidence = "low"
        reading.used.add(index)
        if is_cap:
            fragment: dict[str, Any] = {"amount": _number(one.value)}
            if per in PER_IN_CAPS:
                fragment["per"] = PER_IN_CAPS[per]
            yield _cap(reading, one, plain(one.value), per, confidence, {"caps": [fragment]})
        else:
            given = True
            if one.is_range:
                written = f"{plain(one.low or Decimal(0))}..{plain(one.value)}"
            else:
                written = plain(one.value) if one.dimension == "money" else _rate(one)
            yield _amount(reading, one, written, per, base, most, confidence)
    if not given and (match := _ALL_OF.search(text)) and not _INTEREST.search(match[0]):
        inside = [
            hit
            for hit in reading.figures
            if match.start() <= hit.start and hit.end <= match.end() and hit.known.unit == "元"
        ]
        if inside:
            hit = max(inside, key=lambda each: each.width)
            yield reading.proposal(
                "amount",
                "whole-of",
                f"100% * {hit.known.code}",
                match.start(),
                match.end(),
                "medium",
                ("paid as much as something costs", "按实际发生额给予"),
                fact=hit.known.code,
                fragment=_fragment(hit.known, Decimal(1), at_most=False),
            )


def _based(text: str, first: int, reading: Reading) -> bool:
    """Something is paid in proportion, so that a maximum is a cap of it."""
    head = text[:first]
    return (
        bool(re.search(r"按|以[^，。；]{1,20}为依据|倍", head) or AWARD.search(head)) and "分档" not in head
    )


def _per(text: str, first: int, last: int, one: Quantity, others: list[Quantity]) -> str:
    """Each of what the figure is for: the words before it in its clause, after the figure before it."""
    if one.unit == "%" or one.dimension == "times":
        return ""
    floor = max([first, *(each.end for each in others if first <= each.end <= one.start)])
    head = text[floor : one.first]
    for pattern, per in _PER:
        if re.search(pattern, head):
            return per
    if text[one.last : one.last + 2] in ("/人", "/户", "/家", "/台"):
        return {"家": "户"}.get(text[one.last + 1], text[one.last + 1])
    # 按人晚：累积10元，包机60元
    if match := re.match(r"按(人晚|人月|人|户)：", text):
        return match[1]
    return ""


def _base(reading: Reading, one: Quantity) -> Known | None:
    """What a share is a share of: the sum of money named before it, in its clause or as 按… before that."""
    text = reading.line.text
    first, _ = reading.line.segment(one.first)
    money = [hit for hit in reading.figures if hit.known.unit == "元" and hit.end <= one.first]
    near = [hit for hit in money if hit.start >= first]
    if near:
        last = max(near, key=lambda hit: (hit.end, hit.width))
        if any(
            re.fullmatch("费用?[和、及与]|[和、及与](?:出口)?", text[hit.end : last.start]) for hit in near
        ):
            return None
        return max(near, key=lambda hit: (hit.end, hit.width)).known
    earlier = [hit for hit in money if not re.search("[。；]", text[hit.end : one.first])]
    if earlier and not AWARD.search(text[earlier[-1].end : first]) and first - earlier[-1].end < 12:
        return max(earlier, key=lambda hit: (hit.end, hit.width)).known
    return None


def _amount(
    reading: Reading,
    one: Quantity,
    written: str,
    per: str,
    base: Known | None,
    most: bool,
    confidence: Confidence,
) -> Proposal:
    statement = written + (f"/{per}" if per else "") + (f" * {base.code}" if base else "")
    fragment: dict[str, Any] = {}
    if one.dimension == "money" and not one.is_range:
        fragment = {"amount": _number(one.value)}
        if most:
            fragment["at_most"] = True
    elif base is not None:
        fragment = _fragment(base, one.value, at_most=most)
    return reading.proposal(
        "amount",
        "share" if one.dimension == "ratio" else "sum",
        statement,
        one.start,
        one.end,
        confidence,
        ("a figure of money or a share that bounds no fact", "不是条件界限的金额或者比例"),
        fact=base.code if base else "",
        fragment=fragment,
    )


def _fragment(base: Known, share: Decimal, *, at_most: bool) -> dict[str, Any]:
    times = "" if share == 1 else f" * {plain(share)}"
    found: dict[str, Any]
    if base.holder is not None:
        found = {"lines": {"of": base.holder.name, "amount": f"{base.name}{times}"}}
    else:
        found = {"amount": f"{base.name}{times}"}
    if at_most:
        found["at_most"] = True
    return found


def _cap(
    reading: Reading, one: Quantity, written: str, per: str, confidence: Confidence, fragment: dict[str, Any]
) -> Proposal:
    return reading.proposal(
        "cap",
        "most",
        written + (f"/{per}" if per else ""),
        one.start,
        one.end,
        confidence,
        ("a word of the most that is given", "写明最高限额"),
        fragment=fragment,
    )


def _rate(one: Quantity) -> str:
    return f"{plain(one.value * 100)}%"


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
