"""What enterprises must be or have: facts compared with figures, chosen from lists, true or false. Pure."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from .proposals import Confidence, Kind, Proposal
from .quantities import Quantity
from .text import Line
from .words import Hit, Known, Lexicon

EACH = "每项"
"""What a line of a list is called in proposed expressions."""

AWARD = re.compile(r"奖|补助|补贴|资助|给予|返还|贴息|扶持|支持|减免|扣减|核发|发放|报销|补偿|减半|征收|免征")
_ONLY_CAPS = re.compile(r"最高|最多|最长|至多")
_LISTED = re.compile(
    r"(?:企业|单位|贷款|项目)?(?:（[^）]{0,20}）|（含)?(?:、|，)?(?:或者|以及|或是|或|和|及|与|等)?(?:在|为|属于|由)?(?:国家级|国家|省级|省|市级|其他)?"
)
_JOINED = re.compile(r"[^，。；：]{0,4}[、或和及][^，。；：]{0,8}|[，、]?(?:或者|或|以及)[^，。；：]{0,18}")
_NOTHING_MORE = re.compile(r"(?:其中|且|并且|并|但|而|的|为|在|上|下){0,3}[^，。；：]{0,2}")
"""Before a figure of a clause that speaks on of what the clause before named."""
_NO_TERM = re.compile(r"(?:期|末|度|均)?$")
_ALONE = re.compile(r"(?:各类|有关|相关|用人|所有)?企业[。；]?")
_SINCE = re.compile(r"上年|去年|上一年|前一年|上一会计年度|近一年")


@dataclass(frozen=True)
class Reading:
    """A sentence on its way through the rules: what is found in it, and which figures are spoken for."""

    number: int
    line: Line
    lexicon: Lexicon
    figures: Sequence[Hit]
    quantities: Sequence[Quantity]
    used: set[int]
    """Indexes of quantities that a rule has taken."""
    carried: Mapping[str, Known] = field(default_factory=dict)
    """Facts that figures were said of earlier in the same clause, by dimension."""

    def proposal(
        self,
        kind: Kind,
        rule: str,
        statement: str,
        start: int,
        end: int,
        confidence: Confidence,
        reason: tuple[str, str],
        **more: object,
    ) -> Proposal:
        first, last = self.line.span(start, end)
        return Proposal(
            kind,
            rule,
            statement,
            self.number,
            first,
            last,
            self.line.written[first:last],
            confidence,
            reason[0],
            reason[1],
            **more,  # type: ignore[arg-type]
        )


def figure_conditions(reading: Reading) -> Iterator[Proposal]:
    """参保职工30人以下, 研发投入占销售收入3%以上: a fact, a bound, a figure."""
    for index, one in enumerate(reading.quantities):
        if index in reading.used:
            continue
        bounded = one.bounded or _continued(reading.line.text, one)
        if not bounded or (one.operator and _ONLY_CAPS.search(one.bound)):
            continue
        fact, confidence, reason = _fact_for(reading, one)
        if fact is None:
            if one.operator in ("<=", "<") or one.is_range or one.dimension in ("days", "months", "times"):
                continue
            reading.used.add(index)
            yield reading.proposal(
                "condition",
                "figure-without-fact",
                f"? {one.operator or '>='} {plain(one.value)}",
                one.start,
                one.end,
                "low",
                (
                    "a bound, but the catalogue has no fact that the sentence names; say which fact it is",
                    "有界限，但没有认出它说的是哪项事实，请指明",
                ),
            )
            continue
        reading.used.add(index)
        where = next(
            (hit for hit in reading.figures if hit.known is fact and abs(hit.start - one.start) < 60), None
        )
        start = min(one.start, where.start) if where else one.start
        end = max(one.end, where.end) if where else one.end
        if one.is_range:
            low, high = in_unit(one.low or Decimal(0), one, fact), in_unit(one.value, one, fact)
            opening = "(" if one.low_closed is False else "["
            closing = ")" if one.high_closed is False else "]"
            statement = f"{fact.code} in {opening}{plain(low)}..{plain(high)}{closing}"
            expression = _about(fact, f"in {opening}{plain(low)}..{plain(high)}{closing}")
        else:
            operator = one.operator or ">="
            value = plain(in_unit(one.value, one, fact))
            statement = f"{fact.code} {operator} {value}"
            expression = _about(fact, f"{operator} {value}")
        yield reading.proposal(
            "condition",
            "figure",
            statement,
            start,
            end,
            confidence,
            reason,
            fact=fact.code,
            expression=expression,
        )


def _continued(text: str, one: Quantity) -> bool:
    """连续两年在库 is at least two years."""
    return text[max(0, one.start - 2) : one.start] == "连续"


def _fact_for(reading: Reading, one: Quantity) -> tuple[Known | None, Confidence, tuple[str, str]]:
    """The fact a figure is said of: the nearest before it in the clause, else after it, else earlier."""
    text = reading.line.text
    first, last = reading.line.segment(one.first)
    fitting = [hit for hit in reading.figures if hit.known.dimension == one.dimension]
    around = [hit for hit in fitting if hit.start <= one.start and one.last <= hit.end]
    before = around or [hit for hit in fitting if first <= hit.start and hit.end <= one.first]
    confidence: Confidence = "high"
    reason = ("a fact named in the clause of the figure", "同一分句内写明事实")
    chosen: list[Hit] = []
    if before:
        nearest = max(each.end for each in before)
        chosen = [each for each in before if each.end == nearest]
        between = text[nearest : one.start] if nearest < one.start else ""
        # 增速超过15%且增量达到500万元: after a figure in between something else is named.
        ends = [each.end for each in reading.quantities if nearest <= each.first and each.end <= one.start]
        if ends and len(text[max(ends) : one.start].lstrip("且并及和或、，的")) > 2:
            return None, "low", reason
        if AWARD.search(between):
            return None, "low", reason
    if not chosen:
        after = [
            hit for hit in fitting if one.last <= hit.start < last + 0 or one.start <= hit.start < one.end
        ]
        after = [hit for hit in after if hit.start - one.end <= 8]
        if after:
            nearest = min(each.start for each in after)
            chosen = [each for each in after if each.start == nearest]
            confidence, reason = "medium", ("a fact named after the figure", "事实写在数字之后")
    bare = _NOTHING_MORE.fullmatch(text, first, one.start) if first <= one.start else None
    if not chosen and not (one.operator in ("<=", "<") and AWARD.search(text)):
        earlier = [
            hit for hit in fitting if hit.end <= first and not re.search("[。；]", text[hit.end : first])
        ]
        # 年新增实际外资：广州达到…，其余达到…: what stands before a colon is said of all that follows.
        earlier = [hit for hit in earlier if bare or text.startswith("：", hit.end)]
        if earlier and first - earlier[-1].end <= 40:
            nearest = max(each.end for each in earlier)
            chosen = [each for each in earlier if each.end == nearest]
            confidence, reason = "low", ("a fact named in an earlier clause", "事实写在前一分句")
    if not chosen:
        if one.operator in (">=", ">") and one.dimension in reading.carried:
            return (
                reading.carried[one.dimension],
                "low",
                ("the fact of the sentence before, in the same clause", "沿用同一条款上一句的事实"),
            )
        only = reading.lexicon.only_with_unit.get(one.dimension)
        if only is not None and one.dimension in ("辆", "晚", "人晚"):
            return only, "low", ("the only fact counted in this unit", "目录中只有这一项事实用此单位")
        return None, "low", ("", "")
    longest = max(chosen, key=lambda each: each.width)
    fact = longest.known
    # One year of a series, where the sentence names none: the year before is what items mean nearly always.
    if fact.offset is not None and not _SINCE.search(text[first : one.end]) and confidence == "high":
        confidence, reason = (
            "medium",
            (
                "no year is named; taken to be the year before",
                "没有写明年度，按上年度理解",
            ),
        )
    return fact, confidence, reason


def compared_facts(reading: Reading) -> Iterator[Proposal]:
    """裁员率不高于上年度失业率控制目标: one fact against another."""
    text = reading.line.text
    words = [(word, operator) for operator, each in _before() for word in each if len(word) > 1]
    hits = sorted(reading.figures, key=lambda each: each.start)
    for first, second in itertools.pairwise(hits):
        between = text[first.end : second.start]
        if first.known.dimension != second.known.dimension or not 1 < len(between) <= 12:
            continue
        if re.search(r"[，。；：\d]", between):
            continue
        operator = next((op for word, op in words if between.startswith(word)), None)
        if operator is None:
            continue
        name = second.known.name
        yield reading.proposal(
            "condition",
            "fact-against-fact",
            f"{first.known.code} {operator} {second.known.code}",
            first.start,
            second.end,
            "medium",
            ("two facts with a comparison between them", "两项事实之间有比较词"),
            fact=first.known.code,
            expression=_about(first.known, f"{operator} {name}"),
        )


def _before() -> tuple[tuple[str, tuple[str, ...]], ...]:
    from .words import bounds

    return bounds().before


def statements(
    reading: Reading, found: Sequence[Hit], choices: Sequence[Hit], spoken: set[str]
) -> Iterator[Proposal]:
    """独立法人, 不是劳务派遣单位: true or false. `spoken` are facts that a figure was said of already."""
    text = reading.line.text
    seen: set[str] = set()
    for hit in found:
        known = hit.known
        if any(hit.start <= one.first and one.last <= hit.end for one in reading.quantities):
            continue
        if any(
            each.start <= hit.start and hit.end <= each.end and each.width > hit.width for each in choices
        ):
            continue
        first, _ = reading.line.segment(hit.start)
        head = text[max(first, hit.start - 12) : hit.start]
        negated = any(
            len(head) - match.end() <= 8 and not re.search(r"[、或]", head[match.end() :])
            for match in reading.lexicon.negation.finditer(head)
        )
        # 在近三年没有违法违规行为 the word stands inside the phrase.
        inside = (
            re.search(r"(?:无|没有|未发生|未)", text[hit.start : hit.end])
            if known.type == "boolean"
            else None
        )
        named = known.name in text[hit.start : hit.end]
        if known.type == "number":
            if (
                known.code in spoken
                or negated
                or any(one.dimension in ("money", "ratio") for one in reading.quantities)
            ):
                continue
            sign, value = hit.says[:-1], hit.says[-1]
            statement, expression = f"{known.code} {sign} {value}", _about(known, f"{sign} {value}")
        else:
            truth = hit.says != "!"
            if negated or (inside is not None and not named):
                truth = not truth
            word = "true" if truth else "false"
            statement = f"{known.code} = {word}"
            expression = _about(known, f"= {word}")
        if statement in seen:
            continue
        seen.add(statement)
        yield reading.proposal(
            "condition",
            "statement",
            statement,
            hit.start,
            hit.end,
            "high" if known.name in text[hit.start : hit.end] or hit.width >= 6 else "medium",
            ("words that say it is so, or not so", "写明是或者否的用语"),
            fact=known.code,
            expression=expression,
        )


def choices_of(reading: Reading, hits: Sequence[Hit]) -> Iterator[Proposal]:
    """小型或者微型企业; 国家级绿色工厂: one of a closed list. Neighbours in a list make one condition."""
    text = reading.line.text
    by_fact: dict[str, list[Hit]] = {}
    for hit in hits:
        by_fact.setdefault(hit.known.code, []).append(hit)
    for code, found in by_fact.items():
        for group in _groups(text, found, [(each.first, each.last) for each in reading.quantities]):
            known = group[0].known
            values = [value for value in known.values if any(each.says == value for each in group)]
            if code == "ent.type" and "企业" in values and not _names_enterprises(text, group, values):
                values.remove("企业")
            if not values:
                continue
            start, end = min(each.start for each in group), max(each.end for each in group)
            tags = known.type == "list<string>"
            yield reading.proposal(
                "tag" if tags else "condition",
                "qualification" if tags else "choice",
                f"{code} contains {', '.join(values)}"
                if tags
                else f"{code} = {values[0]}"
                if len(values) == 1
                else f"{code} in {', '.join(values)}",
                start,
                end,
                "high" if any(each.says in text[each.start : each.end] for each in group) else "medium",
                ("a value of the catalogue's list is named", "写明了目录中的取值"),
                fact=code,
                expression=choice_expression(known, values),
            )


def _names_enterprises(text: str, group: Sequence[Hit], values: Sequence[str]) -> bool:
    """企业 alone stands in every sentence; it is a condition where it is all that is said, or one of a list."""
    return len(values) > 1 or bool(_ALONE.fullmatch(text))


def _groups(text: str, hits: Sequence[Hit], figures: Sequence[tuple[int, int]]) -> Iterator[list[Hit]]:
    group: list[Hit] = []
    reach = 0
    for hit in sorted(hits, key=lambda each: (each.start, each.end)):
        if group and not (
            hit.start < reach
            or (
                hit.start - reach <= 22
                and (_LISTED.fullmatch(text, reach, hit.start) or _JOINED.fullmatch(text, reach, hit.start))
                and not any(reach <= first < hit.start for first, _ in figures)
            )
        ):
            yield group
            group = []
        group.append(hit)
        reach = max(reach, hit.end) if len(group) > 1 else hit.end
    if group:
        yield group


def choice_expression(known: Known, values: Sequence[str]) -> str:
    """FEEL for one of some values."""
    written = ", ".join(string(each) for each in values)
    if known.type == "list<string>":
        if len(values) == 1:
            return f"list contains({known.name}, {written})"
        return f"some {EACH} in {known.name} satisfies {EACH} in ({written})"
    return _about(known, f"= {written}" if len(values) == 1 else f"in ({written})")


def _about(known: Known, test: str) -> str:
    if known.holder is not None:
        return f"some {EACH} in {known.holder.name} satisfies {EACH}.{known.name} {test}"
    if test == "= true":
        return known.name
    return f"{known.name} {test}"


def in_unit(value: Decimal, one: Quantity, fact: Known) -> Decimal:
    """A figure in the unit of the fact it is said of."""
    if one.dimension == "months" and fact.unit == "年":
        return value / 12
    if one.dimension == "ratio" and fact.unit == "千分比":
        return value * 1000
    return value


def plain(value: Decimal) -> str:
    """A number as FEEL writes it: no exponent, no needless zeros."""
    written = format(value, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def string(value: str) -> str:
    """A string as FEEL writes it."""
    return json.dumps(value, ensure_ascii=False)
