"""The text of a contract, read for proposals: parties, amount in figures and in words, dates, terms of payment. Pure.

Nothing is taken over by itself. Each proposal says where in the text it stands, so that who registers can look; where
the text says two things of the same, both are there. The words it goes by are `data/reading.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any

from yingshang.kernel.reference.api import is_valid_credit_code

from .amounts import IN_FIGURES, IN_WORDS, NUMERALS, fen_of_figures, fen_of_words, whole_number
from .rules import read_data

_DAY = re.compile(
    rf"(\d{{4}}|[{NUMERALS}]{{4}})\s*(?:年|[-/.])\s*(\d{{1,2}}|[{NUMERALS}]{{1,3}})\s*(?:月|[-/.])\s*"
    rf"(\d{{1,2}}|[{NUMERALS}]{{1,3}})\s*日?"
)
_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NP-RT-UW-Y]{18}(?![0-9A-Z])")
_CLAUSE = re.compile(r"[^。；;\n]+")
_TERM = re.compile(
    rf"(\d{{1,3}}|[{NUMERALS}]{{1,4}})\s*(个工作日|工作日|个月|日历天|日|天|年)\s*(?:之?内|以内)"
)
_SHARE = re.compile(rf"(\d{{1,3}}(?:\.\d+)?)\s*[%％]|百分之([{NUMERALS}]+)")
_COMMA = re.compile("[，,]")
_UNITS = {
    "个工作日": "working_days",
    "工作日": "working_days",
    "个月": "months",
    "年": "years",
}
_MOST_LOOKED_AT = 200
"""Of so many places that name a price, the first ones."""
_NARROWEST = 40
"""A page is no narrower than so many half signs: lists of names and numbers are no wrapped sentences."""
_FULL = 0.88
"""A line that fills so much of the page has been broken, unless it ends a sentence."""
_ENDS = re.compile(r"[。；;：:！？]\s*$")
_BEGINS = re.compile(
    r"\s*(?:第[一二三四五六七八九十百\d]{1,4}[条章款]|[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十\d]{1,3}[）)]"
    r"|\d{1,2}(?:\.\d{1,2})*[、.．\s]|[甲乙丙]方|[^\s，。；]{2,10}[:：])"
)
_NAME_END = re.compile(r"[\s，,。；;（(]|统一社会信用代码|地址|住所|法定代表人|负责人|联系")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a text seems to say of a field of `ContractFields` (or unit_name, unit_code), or (`obligation`) of a rule;
    from `start` to `end` of the text stands `quoted`. `why` is the word it was found by.
    """

    field: str
    value: Any
    quoted: str
    start: int
    end: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Everything proposed, in the order of the text but the likeliest of a field first.

    `disagreements` are fields of which the text itself says two different things, such as an amount in figures that is
    not the one in words.
    """

    found: tuple[Proposal, ...] = ()
    disagreements: tuple[str, ...] = ()

    def of(self, field: str) -> tuple[Proposal, ...]:
        """Those of one field, the likeliest first."""
        return tuple(each for each in self.found if each.field == field)

    def first(self, field: str) -> Any:
        """The likeliest value of a field; None where nothing was found."""
        return next((each.value for each in self.found if each.field == field), None)


@dataclass(frozen=True, slots=True)
class _Words:
    first_party: tuple[str, ...]
    second_party: tuple[str, ...]
    enterprise_endings: tuple[str, ...]
    unit_words: tuple[str, ...]
    reference: tuple[str, ...]
    title: tuple[str, ...]
    price: tuple[str, ...]
    signed: tuple[str, ...]
    period: tuple[str, ...]
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    pay: tuple[str, ...]
    deposit: tuple[str, ...]
    events: tuple[tuple[str, tuple[str, ...]], ...]
    titles: Mapping[str, str]
    most_proposals: int
    most_quoted: int


def read_contract_text(text: str) -> Proposals:
    """What the text of a contract seems to say. Never raises; of a text that is none it finds nothing."""
    words = _words()
    written, (text, places) = text, _unwrapped(text)
    found: list[Proposal] = []
    found += _once(_parties(text, words))
    found += _once(_labelled(text, words))
    amounts, disagree = _amounts(text, words)
    found += _once(amounts)
    found += _once(_days(text, words))
    found += _once(_payments(text, words))
    return Proposals(
        tuple(_placed(each, written, places) for each in found[: words.most_proposals]),
        ("amount_fen",) if disagree else (),
    )


def _unwrapped(text: str) -> tuple[str, list[int]]:
    """The text without the breaks of lines that are as wide as its page, as PDFs have them within sentences; and of
    each sign where it stands in the text.
    """
    lines = text.split("\n")
    widths = [_width(line.rstrip()) for line in lines]
    # Of two widest lines, as the widest may be one of its own: a footer, a table.
    page = sorted(widths)[-2] if len(widths) > 3 else 0
    kept: list[str] = []
    places: list[int] = []
    at = 0
    for number, line in enumerate(lines):
        after = lines[number + 1] if number + 1 < len(lines) else ""
        full = page >= _NARROWEST and widths[number] >= page * _FULL
        goes_on = full and bool(after.strip()) and not _ENDS.search(line) and not _BEGINS.match(after)
        said = line.rstrip() if goes_on else line
        # What begins the next line after a break within a sentence is no indent.
        begin = len(said) - len(said.lstrip()) if kept and kept[-1] != "\n" else 0
        kept += said[begin:]
        places += range(at + begin, at + len(said))
        at += len(line)
        if not goes_on and number + 1 < len(lines):
            kept.append("\n")
            places.append(at)
        at += 1
    return "".join(kept), places


def _width(line: str) -> int:
    return sum(2 if sign > "\u2e7f" else 1 for sign in line)


def _placed(each: Proposal, text: str, places: list[int]) -> Proposal:
    """The same, where it stands in the text as it was."""
    start, end = places[each.start], places[each.end - 1] + 1
    return replace(each, start=start, end=end, quoted=" ".join(text[start:end].split()))


def _parties(text: str, words: _Words) -> Iterator[Proposal]:
    """Names beside 甲方 and 乙方; the one that is no public unit is the other side."""
    named = []
    labels = [(word, "unit") for word in words.first_party] + [(word, "other") for word in words.second_party]
    for label, usual in labels:
        for hit in re.finditer(
            rf"{label}\s*+(?:[（(][^）)\n]{{1,12}}[）)])?+\s*+(?:名称)?+\s*+[:：]\s*+", text
        ):
            rest = text[hit.end() : hit.end() + 80]
            name = _NAME_END.split(_whole_brackets(rest), maxsplit=1)[0].strip("_ 　")
            name = name.replace("〔", "（").replace("〕", "）")
            if 2 <= len(name) <= 60:
                named.append((hit, label, _side(name, usual, words), name))
            break
    named.sort(key=lambda each: each[0].start())
    codes = [hit for hit in _CODE.finditer(text) if is_valid_credit_code(hit.group())]
    for place, (hit, label, side, name) in enumerate(named):
        field = "counterparty_name" if side == "other" else "unit_name"
        yield _proposal(text, field, name, hit.start(), hit.end() + len(name), label, words)
        until = named[place + 1][0].start() if place + 1 < len(named) else len(text)
        code = next((each for each in codes if hit.end() <= each.start() < until), None)
        if code is not None:
            kind = "counterparty_code" if side == "other" else "unit_code"
            yield _proposal(text, kind, code.group(), code.start(), code.end(), label, words)


def _whole_brackets(rest: str) -> str:
    """Brackets within a name, （集团）, are no end of it."""
    return re.sub(r"[（(]([^）)\n]{1,8})[）)](?=[^\s，,。；;])", r"〔\1〕", rest)


def _side(name: str, usual: str, words: _Words) -> str:
    if name.endswith(words.enterprise_endings):
        return "other"
    if any(word in name for word in words.unit_words):
        return "unit"
    return usual


def _labelled(text: str, words: _Words) -> Iterator[Proposal]:
    for field, labels in (("reference", words.reference), ("title", words.title)):
        for label in labels:
            hit = re.search(rf"{label}\s*[:：]\s*([^\n，。；;]{{2,100}})", text)
            if hit:
                yield _proposal(text, field, hit.group(1).strip(), hit.start(1), hit.end(1), label, words)
    heading = re.match(r"\s*([^\n：:。]{2,60}(?:合同|协议|协议书|合同书))\s*\n", text)
    if heading:
        yield _proposal(text, "title", heading.group(1).strip(), heading.start(1), heading.end(1), "", words)


def _amounts(text: str, words: _Words) -> tuple[list[Proposal], bool]:
    """The price: what stands behind its name, in words and in figures; where the two differ both, and it is said."""
    found: list[Proposal] = []
    disagree = False
    for label in words.price:
        for hit in islice(re.finditer(re.escape(label), text), _MOST_LOOKED_AT):
            # Up to the end of its sentence or line, and the line after it where the line says nothing.
            clause = re.match(r"[^。；;]{0,120}", text[hit.end() : hit.end() + 120])
            piece = clause.group() if clause else ""
            said = [*_in_words(piece), *_in_figures(piece)]
            if not said:
                continue
            values = {fen for fen, *_ in said[:2]}
            disagree = disagree or (len({kind for *_, kind in said[:2]}) == 2 and len(values) == 2)
            for fen, _start, end, kind in said[:2]:
                found.append(
                    _proposal(
                        text,
                        "amount_fen",
                        fen,
                        hit.start(),
                        hit.end() + end,
                        f"{label}（{'大写' if kind == 'words' else '小写'}）",
                        words,
                    )
                )
        if found:
            return found, disagree
    return found, disagree


def _in_words(piece: str) -> list[tuple[int, int, int, str]]:
    for hit in IN_WORDS.finditer(piece):
        fen = fen_of_words(hit.group())
        if fen is not None:
            return [(fen, hit.start(), hit.end(), "words")]
    return []


def _in_figures(piece: str) -> list[tuple[int, int, int, str]]:
    for hit in IN_FIGURES.finditer(piece.replace("，", ",")):
        fen = fen_of_figures(hit.group(1) + (hit.group(2) or ""), hit.group(3))
        if fen is not None:
            return [(fen, hit.start(), hit.end(), "figures")]
    named = re.match(
        r"\s*[（(](元|万元|亿元)[）)]\s*[:：]?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", piece.replace("，", ",")
    )
    if named:
        fen = fen_of_figures(named.group(2) + (named.group(3) or ""), named.group(1))
        if fen is not None:
            return [(fen, named.start(), named.end(), "figures")]
    bare = re.search(r"[¥￥]\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,2})?", piece.replace("，", ","))
    if bare:
        fen = fen_of_figures(bare.group(1) + (bare.group(2) or ""), "元")
        if fen is not None:
            return [(fen, bare.start(), bare.end(), "figures")]
    return []


def _days(text: str, words: _Words) -> Iterator[Proposal]:
    for label in words.period:
        for hit in re.finditer(label, text):
            days = list(_within(text, hit.end(), 80))
            if len(days) >= 2:
                for field, (day, start, end) in zip(("starts_on", "ends_on"), days, strict=False):
                    yield _proposal(text, field, day, start, end, label, words)
    for field, labels in (("signed_on", words.signed), ("starts_on", words.starts), ("ends_on", words.ends)):
        for label in labels:
            for hit in re.finditer(label, text):
                first = next(_within(text, hit.end(), 30), None)
                if first is not None:
                    yield _proposal(text, field, first[0], first[1], first[2], label, words)
    # The last day that stands alone on its line, beneath the signatures.
    alone = [
        hit
        for hit in _DAY.finditer(text)
        if not text[text.rfind("\n", 0, hit.start()) + 1 : hit.start()][-40:].strip("　 日期:：")
    ]
    for hit in alone[-1:]:
        below = _day(hit)
        if below is not None:
            yield _proposal(text, "signed_on", below, hit.start(), hit.end(), "", words)


def _within(text: str, start: int, length: int) -> Iterator[tuple[date, int, int]]:
    """Days in the rest of a sentence."""
    piece = re.match(r"[^。；;]*", text[start : start + length])
    for hit in _DAY.finditer(piece.group() if piece else ""):
        day = _day(hit)
        if day is not None:
            yield day, start + hit.start(), start + hit.end()


def _day(hit: re.Match[str]) -> date | None:
    year, month, day = (whole_number(hit.group(number)) for number in (1, 2, 3))
    if year is None or month is None or day is None:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _payments(text: str, words: _Words) -> Iterator[Proposal]:
    """Sentences that say when what share is paid: as rules, to be checked."""
    for clause in _CLAUSE.finditer(text):
        said = clause.group()
        # A share is paid by each part of the sentence: 签订后…30%，验收合格后…65%.
        for begin, end in _pieces(said):
            part = said[begin:end]
            if not any(word in part for word in words.pay):
                continue
            event = _event(part, words)
            share = _SHARE.search(part)
            if event is None or (share is None and _TERM.search(part) is None):
                continue
            deposit = any(word in part for word in words.deposit)
            kind = "return_deposit" if deposit else "pay"
            written: dict[str, Any] = {
                "side": "unit",
                "kind": kind,
                "title": words.titles[kind],
                "terms": {"after": event, **_term(part)},
            }
            value = _share(share) if share is not None else None
            if value is not None:
                written["share"] = value
            start = clause.start() + begin
            yield _proposal(text, "obligation", written, start, start + len(part), event, words)


def _pieces(said: str) -> Iterator[tuple[int, int]]:
    """Where the parts of a sentence stand that each end with what is paid; the whole where it says it once."""
    if len(_SHARE.findall(said)) < 2:
        yield 0, len(said)
        return
    start = 0
    # From one share to the next comma: however long the sentence, each sign is looked at once.
    while (share := _SHARE.search(said, start + 1)) is not None:
        comma = _COMMA.search(said, share.end())
        end = comma.end() if comma else len(said)
        yield start, end
        start = end


def _event(part: str, words: _Words) -> str | None:
    """The event of the table whose word stands before the payment, the first of the table that does."""
    for event, signs in words.events:
        if any(sign in part for sign in signs):
            return event
    return None


def _term(part: str) -> dict[str, Any]:
    hit = _TERM.search(part)
    number = whole_number(hit.group(1)) if hit else None
    return {"term": {_UNITS.get(hit.group(2), "days"): number}} if hit and number else {}


def _share(hit: re.Match[str]) -> str | None:
    hundredths: Decimal | int | None = Decimal(hit.group(1)) if hit.group(1) else whole_number(hit.group(2))
    if hundredths is None or not 0 < hundredths <= 100:
        return None
    share = f"{Decimal(hundredths) / 100:f}"
    return share.rstrip("0").rstrip(".") if "." in share else share


def _proposal(text: str, field: str, value: Any, start: int, end: int, why: str, words: _Words) -> Proposal:
    end = min(end, start + words.most_quoted, len(text))
    return Proposal(field, value, " ".join(text[start:end].split()), start, end, why)


def _once(proposals: Any) -> list[Proposal]:
    """Each value of a field once, where it was found first."""
    seen: set[tuple[str, str]] = set()
    found = []
    for each in proposals:
        key = (each.field, f"{each.value}|{each.start if each.field == 'obligation' else ''}")
        if each.field == "amount_fen":
            key = (each.field, f"{each.value}|{each.why}")
        if key not in seen:
            seen.add(key)
            found.append(each)
    return found


@cache
def _words() -> _Words:
    data = read_data("reading")
    lists = {
        name: tuple(data[name])
        for name in (
            "first_party",
            "second_party",
            "enterprise_endings",
            "unit_words",
            "reference",
            "title",
            "price",
            "signed",
            "period",
            "starts",
            "ends",
            "pay",
            "deposit",
        )
    }
    return _Words(
        **lists,
        events=tuple((row["event"], tuple(row["words"])) for row in data["events"]),
        titles=dict(data["titles"]),
        most_proposals=int(data["most"]["proposals"]),
        most_quoted=int(data["most"]["quoted"]),
    )
