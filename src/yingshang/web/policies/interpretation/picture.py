"""One picture 一图读懂 of an item: for whom, on which conditions, how much, how, when. Drawn from the item alone.

It is made at each reading, from what the item's page shows, so it cannot say anything else. Texts are put in as text,
never as markup; the same words are its text alternative.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree

from django.utils.translation import gettext as _

from yingshang.areas.policies.api import ConditionLine, PublicItem
from yingshang.web.design.formats import day as written_day

from ..library.places import region_name
from ..library.rows import most_words, window_tag
from ..library.words import DELIVERIES, DELIVERY_NOTES, STATES
from ..templatetags.library import span_words

WIDE, NARROW = 760, 360
"""Its widths: for a page and for paper, and for a phone."""
_MOST_CONDITIONS, _MOST_LINES = 12, 8
_FONT = (
    "'PingFang SC','HarmonyOS Sans SC','Microsoft YaHei','Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC',"
    "'WenQuanYi Micro Hei',system-ui,sans-serif"
)
# The colours of the light palette (design/assets/css/tokens.css): a picture that is printed or passed on is on paper.
_BRAND, _QUIET, _SEAL, _INK, _MUTED = "#123f5f", "#c9dbe6", "#b3261e", "#1b2733", "#55616e"
_LINE, _WASH, _GOOD, _PAPER = "#e2ddd3", "#e7eff4", "#1b7350", "#ffffff"
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BLANK = re.compile(r"\s+(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])|\s*\n\s*")
_PIECES = re.compile(
    r"[（《“‘〔【(]*(?:[A-Za-z0-9.,%+\-/:_]+|[^\sA-Za-z0-9])[，。；：、！？）》”’％】〕,.;:!?)]*|\s+"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a block. `mark`: good (needed), bad (must not be), one (of several), or none; `lead` is set large."""

    text: str
    depth: int = 0
    mark: str = ""
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One step of the picture under its name."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture of an item shows: also its text alternative."""

    title: str
    under: str
    blocks: tuple[Block, ...]
    foot: tuple[str, ...]

    @property
    def words(self) -> str:
        """All of it as text."""
        told = [self.title, self.under]
        for block in self.blocks:
            told.append(f"{block.name}：{'；'.join(line.text for line in block.lines)}")
        return "\n".join([*told, *self.foot])


def picture_of(shown: PublicItem, today: date) -> Picture:
    """What the picture of an item says, in the language of the page."""
    item = shown.item
    place = region_name(item.region_path)
    foot = [_("据第 %(number)d 版自动绘制；以文件原文为准。") % {"number": item.version}]
    if shown.state != "in_force":
        foot.insert(0, _("现在的状态：%(state)s") % {"state": STATES[shown.state]})
    source = (
        shown.document.title if shown.document else shown.named_source.title if shown.named_source else ""
    )
    number = (
        shown.document.number if shown.document else shown.named_source.number if shown.named_source else ""
    )
    if source:
        foot.append(_("依据：%(title)s") % {"title": f"{source}（{number}）" if number else source})
    return Picture(
        title=item.name,
        under=" · ".join(filter(None, [item.issuer, item.code, _("演示数据") if item.demonstration else ""])),
        blocks=tuple(
            block
            for block in (
                Block(_("谁"), tuple(_who(shown, place))),
                Block(_("条件"), tuple(_conditions(shown.conditions))),
                Block(_("多少"), tuple(_amount(shown))),
                Block(_("怎么办"), tuple(_how(shown))),
                Block(_("什么时候"), tuple(_when(shown, today))),
            )
            if block.lines
        ),
        foot=tuple(foot),
    )


def _who(shown: PublicItem, place: str) -> Iterator[Line]:
    yield Line(place, lead=True)
    yield from _marked(_told(shown.conditions, applicant=True))


def _conditions(conditions: Sequence[ConditionLine]) -> Iterator[Line]:
    told = _told(conditions, applicant=False)
    yield from _marked(told[:_MOST_CONDITIONS])
    if (rest := len(told) - _MOST_CONDITIONS) > 0:
        yield Line(_("另有 %(count)d 条，见事项页面") % {"count": rest})
    if not told:
        yield Line(_("没有写明其他条件"))


def _told(conditions: Sequence[ConditionLine], *, applicant: bool) -> list[ConditionLine]:
    """Those that say what kind of applicant it is, or the others, with what they consist of."""
    found, wanted = [], False
    for line in conditions:
        if line.depth == 0:
            wanted = (line.applicant and not line.excluded) is applicant
        if wanted:
            found.append(line)
    return found


def _marked(lines: Sequence[ConditionLine]) -> Iterator[Line]:
    """Each with what it is: needed, one of several, or what must not be. A group marks what it consists of."""
    groups: list[str] = []
    bad = False
    for line in lines:
        del groups[line.depth :]
        if line.depth == 0:
            bad = line.excluded
        told = _("不得：%(text)s") % {"text": line.text} if line.excluded else line.text
        several = bool(groups) and groups[-1] in ("any", "at_least")
        mark = "bad" if bad else "one" if several else "good"
        yield Line(told + _how_many(line), min(line.depth, 3), mark)
        groups.append(line.how)


def _how_many(line: ConditionLine) -> str:
    if line.how == "any":
        return _("（符合任一项）")
    if line.how == "at_least":
        return _("（至少 %(number)s 项）") % {"number": line.count}
    return ""


def _amount(shown: PublicItem) -> Iterator[Line]:
    yield Line(most_words(shown), lead=True)
    if shown.at_most:
        yield Line(_("文件写的是“不超过”，以审定为准"))
    whole = next((each for each in shown.benefits if not each.id), None)
    if whole is not None and whole.text:
        yield Line(_BLANK.sub("", whole.text.strip()))


def _how(shown: PublicItem) -> Iterator[Line]:
    if shown.item.delivery in DELIVERIES:
        yield Line(str(DELIVERIES[shown.item.delivery]), lead=True)
        yield Line(str(DELIVERY_NOTES[shown.item.delivery]))
    if shown.materials:
        yield Line(_("材料：%(names)s") % {"names": "、".join(shown.materials)})
    else:
        yield Line(_("材料：没有写明"))


def _when(shown: PublicItem, today: date) -> Iterator[Line]:
    if shown.state == "in_force":
        yield Line(window_tag(shown.window, today).text, lead=True)
    else:
        yield Line(str(STATES[shown.state]), lead=True)
    for each in shown.windows[:4]:
        first = written_day(each.first) if each.first else _("即日")
        last = written_day(each.last) if each.last else _("另行通知")
        yield Line(f"{first} – {last}" + (f"（{each.text}）" if each.text else ""))
    item = shown.item
    if item.effective_from or item.effective_to:
        yield Line(_("施行：%(span)s") % {"span": span_words(item.effective_from, item.effective_to)})


# --- drawing ----------------------------------------------------------------------------------------------------------


def svg(picture: Picture, *, language: str, narrow: bool = False) -> str:
    """The picture as SVG of its own: no style sheet, no script, no address of anything else."""
    return _Drawing(NARROW if narrow else WIDE).draw(picture, language)


class _Drawing:
    def __init__(self, width: int) -> None:
        self.width, self.narrow = width, width <= NARROW
        self.pad = 18 if self.narrow else 32
        self.size = 14.0 if self.narrow else 15.0
        self.column = 0 if self.narrow else 116
        self.root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "role": "img",
                "aria-labelledby": "t d",
                "font-family": _FONT,
            },
        )

    def draw(self, picture: Picture, language: str) -> str:
        self.root.set("xml:lang", language)
        self.root.set("lang", language)
        for name, identifier, words in (("title", "t", picture.title), ("desc", "d", picture.words)):
            made = ElementTree.SubElement(self.root, name, {"id": identifier})
            made.text = _clean(words)
        paper = self._add("rect", x=0, y=0, width=self.width, height=0, fill=_PAPER)
        place = self._head(picture)
        for number, block in enumerate(picture.blocks, start=1):
            place = self._block(block, number, place, last=number == len(picture.blocks))
        place = self._foot(picture.foot, place)
        height = round(place)
        paper.set("height", str(height))
        self.root.set("viewBox", f"0 0 {self.width} {height}")
        self.root.set("width", str(self.width))
        self.root.set("height", str(height))
        self._add("rect", x=0.5, y=0.5, width=self.width - 1, height=height - 1, fill="none", stroke=_LINE)
        return ElementTree.tostring(self.root, encoding="unicode")

    def _head(self, picture: Picture) -> float:
        title = 19.0 if self.narrow else 25.0
        lines = list(wrap(picture.title, self.width - 2 * self.pad, title))
        under = list(wrap(picture.under, self.width - 2 * self.pad, 12.5))
        height = self.pad + len(lines) * title * 1.35 + len(under) * 19 + 14
        self._add("rect", x=0, y=0, width=self.width, height=round(height, 1), fill=_BRAND)
        self._add("rect", x=0, y=round(height, 1), width=self.width, height=4, fill=_SEAL)
        place = self.pad + title * 0.85
        for line in lines:
            self._text(line, self.pad, place, title, fill=_PAPER, bold=True)
            place += title * 1.35
        for line in under:
            self._text(line, self.pad, place - 2, 12.5, fill=_QUIET)
            place += 19
        return height + 4 + (16 if self.narrow else 22)

    def _block(self, block: Block, number: int, place: float, *, last: bool) -> float:
        top, middle = place, self.pad + 15
        self._add("circle", cx=middle, cy=place + 15, r=15, fill=_BRAND)
        self._text(str(number), middle, place + 20, 14.5, fill=_PAPER, bold=True, anchor="middle")
        self._text(block.name, self.pad + 40, place + 20.5, self.size + 1, fill=_BRAND, bold=True)
        left = self.pad + 40 + self.column
        if self.narrow:
            place += 36
        for line in block.lines:
            place = self._line(line, left, place)
        place = max(place, top + 40)
        end = place + (10 if self.narrow else 14)
        if not last:
            self._add("line", x1=middle, y1=top + 34, x2=middle, y2=end - 2, stroke=_QUIET, stroke_width=2)
            self._add(
                "path",
                d=f"M{middle - 5} {end - 7} L{middle} {end - 1} L{middle + 5} {end - 7}",
                fill="none",
                stroke=_BRAND,
                stroke_width=2,
            )
        return end + 6

    def _line(self, line: Line, left: float, place: float) -> float:
        size = self.size + 5 if line.lead else self.size
        step = size * 1.5
        indent = line.depth * 16 + (18 if line.mark else 0)
        room = self.width - self.pad - left - indent
        written = list(wrap(line.text, room, size))
        if len(written) > _MOST_LINES:
            written = [*written[: _MOST_LINES - 1], written[_MOST_LINES - 1][:-1] + "…"]
        if line.mark:
            self._mark(line.mark, left + line.depth * 16 + 5, place + step / 2)
        for each in written:
            self._text(
                each,
                left + indent,
                place + step / 2 + size * 0.36,
                size,
                fill=_SEAL if line.lead else _INK,
                bold=line.lead,
            )
            place += step
        return place + 3

    def _mark(self, mark: str, x: float, y: float) -> None:
        if mark == "one":
            self._add(
                "circle", cx=round(x, 1), cy=round(y, 1), r=4, fill="none", stroke=_GOOD, stroke_width=2
            )
            return
        colour = _GOOD if mark == "good" else _SEAL
        path = (
            f"M{x - 5:g} {y:g} l3.5 3.5 l6.5 -7.5"
            if mark == "good"
            else f"M{x - 4:g} {y - 4:g} l8 8 m0 -8 l-8 8"
        )
        self._add("path", d=path, fill="none", stroke=colour, stroke_width=2.2)

    def _foot(self, lines: Iterable[str], place: float) -> float:
        place += 4
        written = [each for line in lines for each in wrap(line, self.width - 2 * self.pad, 12.5)]
        height = len(written) * 19 + 20
        self._add("rect", x=0, y=round(place, 1), width=self.width, height=height, fill=_WASH)
        at = place + 24
        for each in written:
            self._text(each, self.pad, at, 12.5, fill=_MUTED)
            at += 19
        return place + height

    def _text(
        self,
        words: str,
        x: float,
        y: float,
        size: float,
        *,
        fill: str,
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        made = self._add("text", x=round(x, 1), y=round(y, 1), font_size=size, fill=fill)
        if bold:
            made.set("font-weight", "700")
        if anchor != "start":
            made.set("text-anchor", anchor)
        made.text = words

    def _add(self, name: str, **attributes: float | str) -> ElementTree.Element:
        return ElementTree.SubElement(
            self.root, name, {key.replace("_", "-"): f"{value}" for key, value in attributes.items()}
        )


def wrap(text: str, room: float, size: float) -> Iterator[str]:
    """Lines of a text that fit into a width, by what characters take on average; Latin words stay whole."""
    line, used = "", 0.0
    for word in _words(_clean(text)):
        width = sum(_width(character) for character in word) * size
        if line and used + width > room:
            yield line.rstrip()
            line, used = "", 0.0
            word = word.lstrip()
            width = sum(_width(character) for character in word) * size
        while width > room:
            cut = max(1, int(room / size))
            yield word[:cut]
            word = word[cut:]
            width = sum(_width(character) for character in word) * size
        line, used = line + word, used + width
    if line.strip():
        yield line.rstrip()


def _words(text: str) -> list[str]:
    """What may be parted: not runs of Latin letters and digits, nor a bracket or a stop from what it belongs to."""
    return _PIECES.findall(text)


def _width(character: str) -> float:
    return 1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.58


def _clean(text: str) -> str:
    return _UNFIT.sub("", text)
