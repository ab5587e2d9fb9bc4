"""What was changed between two texts, in pieces from which either can be put together again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from yingshang.kernel.reference.api import facts

from ..content import read_item
from ..errors import InvalidItem
from .data import element_words
from .elements import place_name

_TOKEN = re.compile(r"[A-Za-z0-9_.%]+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stayed, went or came."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of an item, before and after."""

    key: str
    name: str
    name_en: str
    pieces: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        return any(each.kind != "same" for each in self.pieces)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the YAML, with the number it has on either side."""

    kind: Literal["same", "removed", "added"]
    before: int | None
    after: int | None
    pieces: tuple[Piece, ...]


def redline(before: str, after: str) -> tuple[Piece, ...]:
    """The pieces of two texts: figures, words of Latin letters and single characters are not torn."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    found: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(old[a:b])))
            continue
        if b > a:
            found.append(Piece("removed", "".join(old[a:b])))
        if d > c:
            found.append(Piece("added", "".join(new[c:d])))
    return tuple(found)


def before_of(pieces: Iterable[Piece]) -> str:
    """The earlier text."""
    return "".join(each.text for each in pieces if each.kind != "added")


def after_of(pieces: Iterable[Piece]) -> str:
    """The later text."""
    return "".join(each.text for each in pieces if each.kind != "removed")


def redline_lines(before: str, after: str) -> tuple[Line, ...]:
    """The lines of two sources; a line that was changed is shown as gone and come, with what differs in it."""
    old, new = before.split("\n"), after.split("\n")
    found: list[Line] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [Line("same", a + n + 1, c + n + 1, (Piece("same", old[a + n]),)) for n in range(b - a)]
            continue
        pairs = [redline(x, y) for x, y in zip(old[a:b], new[c:d], strict=False)]
        for n in range(a, b):
            pieces = pairs[n - a] if n - a < len(pairs) else (Piece("removed", old[n]),)
            shown = tuple(each for each in pieces if each.kind != "added")
            found.append(Line("removed", n + 1, None, shown))
        for n in range(c, d):
            pieces = pairs[n - c] if n - c < len(pairs) else (Piece("added", new[n]),)
            shown = tuple(each for each in pieces if each.kind != "removed")
            found.append(Line("added", None, n + 1, shown))
    return tuple(found)


def sources_of_lines(lines: Sequence[Line]) -> tuple[str, str]:
    """Both sources, put together from the lines."""
    old = [_text(each) for each in lines if each.before is not None]
    new = [_text(each) for each in lines if each.after is not None]
    return "\n".join(old), "\n".join(new)


def redline_clauses(before: str, after: str, *, english: bool = False) -> tuple[Clause, ...]:
    """The parts of two items one by one, in the order of the later one; what it no longer has stands last.

    `english`: the labels within a part are English; what authors wrote stays as it is.
    """
    old, new = dict(clauses_of(before, english=english)), dict(clauses_of(after, english=english))
    found = []
    for key in dict.fromkeys((*new, *old)):
        part = new.get(key) or old[key]
        texts = tuple(side[key].words if key in side else "" for side in (old, new))
        found.append(Clause(key, part.name, part.name_en, redline(*texts)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an item as a person reads it."""

    name: str
    name_en: str
    words: str


_FIELDS = (
    ("name", "事项名称", "Name"),
    ("summary", "摘要", "Summary"),
    ("document", "政策依据", "Document"),
    ("issuer", "发布机关", "Issuer"),
    ("region", "适用地区", "Region"),
    ("kind", "支持方式", "Kind of support"),
    ("delivery", "办理方式", "Way of claiming"),
    ("effective", "有效期限", "In force"),
    ("windows", "申报时间", "Windows"),
    ("parameters", "参数", "Parameters"),
    ("definitions", "定义", "Definitions"),
    ("tables", "对照表", "Tables"),
)
_GROUPS = (("conditions", "申报条件", "Condition"), ("exclusions", "不予支持的情形", "Exclusion"))
_AFTER = (
    ("quota", "名额", "Quota"),
    ("pool", "资金池", "Pool"),
    ("stacking", "叠加规则", "Stacking"),
    ("excludes", "互斥事项", "Excluded items"),
    ("budget", "预算", "Budget"),
    ("tags", "标签", "Tags"),
    ("note", "说明", "Note"),
)


def clauses_of(source: str, *, english: bool = False) -> tuple[tuple[str, Part], ...]:
    """(key, part) of every part of an item, as a person reads it. Of a source that is no item, the whole."""
    try:
        data = read_item(source).data
    except InvalidItem:
        return (("source", Part("政策内容", "The policy", source)),)
    found: list[tuple[str, Part]] = []

    def add(key: str, name: str, name_en: str, value: Any) -> None:
        if value not in (None, "", [], {}):
            found.append((key, Part(name, name_en, _plain(value, english=english))))

    for key, name, name_en in _FIELDS:
        add(key, name, name_en, data.get(key) if english else _named(key, data.get(key)))
    for group, name, name_en in _GROUPS:
        for index, each in enumerate(data.get(group) or ()):
            identifier = str(each.get("id") or index + 1)
            words = str(each.get("text") or "").strip()[:_SHORT_NAME]
            add(
                f"{group}.{identifier}",
                f"{name}：{words}" if words else f"{name} {index + 1}",
                f"{name_en}: {words}" if words else f"{name_en} {index + 1}",
                each,
            )
    for key, value in (data.get("benefit") or {}).items():
        add(
            f"benefit.{key}", f"兑现内容 {_BENEFIT.get(key, key)}", f"Benefit: {key.replace('_', ' ')}", value
        )
    for key, name, name_en in _AFTER:
        add(key, name, name_en, data.get(key))
    return tuple(found)


_SHORT_NAME = 24


def _named(key: str, value: Any) -> Any:
    """A code as the name it stands for."""
    if key == "delivery":
        return element_words(key).get(str(value), value)
    if key == "region" and value is not None:
        return place_name(str(value))
    return value


_BENEFIT = {
    "text": "标准",
    "amount": "计算方法",
    "caps": "上限",
    "bands": "分档",
    "kind": "方式",
    "grants": "给予",
    "at_most": "不超过",
    "unit": "单位",
    "rounding": "取整",
    "shares": "负担比例",
    "instalments": "分期",
    "lines": "逐项",
    "parts": "分项",
    "less": "扣减",
    "table": "对照表",
}


def _plain(value: Any, depth: int = 0, *, english: bool = False) -> str:
    """A value as indented lines without the marks of YAML, whose own words are English."""
    pad = "　" * depth
    if isinstance(value, dict):
        lines = []
        for key, each in value.items():
            if key == "id":
                continue
            if key in _CHOICES and not english:
                each = _CHOICES[key].get(str(each), each)
            nested = isinstance(each, dict | list)
            word = str(key).replace("_", " ") if english else _WORDS.get(str(key), key)
            head = f"{pad}{word}{': ' if english else '：'}"
            lines.append(head.rstrip() if nested else f"{head}{_plain(each, english=english)}")
            if nested:
                lines.append(_plain(each, depth + 1, english=english))
        return "\n".join(lines)
    if isinstance(value, list):
        return "\n".join(
            _plain(each, depth, english=english)
            if isinstance(each, dict | list)
            else f"{pad}{_plain(each, english=english)}"
            for each in value
        )
    if isinstance(value, bool):
        return ("yes" if value else "no") if english else ("是" if value else "否")
    text = str(value).strip()
    # Evidence names facts by their codes.
    return known.name if (known := facts().get(text)) else text


_WORDS = {
    "text": "内容",
    "when": "判断",
    "clause": "出处",
    "from": "自",
    "to": "至",
    "amount": "金额",
    "unit": "单位",
    "name": "名称",
    "value": "取值",
    "values": "取值",
    "materials": "要件",
    "evidence": "核验依据",
    "any": "任一",
    "all": "全部",
    "not": "不得",
    "of": "至少若干项",
    "at_least": "至少",
    "some": "清单中有一条",
    "every": "清单中每一条",
    "as": "称为",
    "meets": "满足",
    "unknown": "缺少数据时",
    "source": "来源",
    "note": "说明",
    "ratio": "比例",
    "rate": "比例",
    "payer": "负担方",
    "per": "按",
    "group": "组",
    "rule": "规则",
    "by": "按什么分档",
    "mode": "计算方式",
    "rows": "各档",
    "within": "范围",
    "cap": "上限",
    "inputs": "输入",
    "output": "结果",
    "rules": "各行",
    "then": "结果为",
    "hit": "命中规则",
    "title": "标题",
    "number": "文号",
    "issuer": "发文机关",
    "issued": "成文日期",
    "url": "出处网址",
    "otherwise": "否则",
    "less": "扣减",
    "used": "已用",
    "type": "类型",
    "count": "数量",
    "order": "先后",
    "combine": "合并方式",
    "sharing": "分配方式",
    "status": "效力",
}
_CHOICES: dict[str, dict[str, str]] = {
    "per": {
        "item": "每个事项",
        "line": "每条",
        "month": "每月",
        "quarter": "每季",
        "year": "每年",
        "cumulative": "累计",
        "project": "每个项目",
        "subject": "每个对象",
    },
    "mode": {
        "whole": "整体适用所在档",
        "progressive": "各档分别计算",
        "half up": "四舍五入",
        "half down": "五舍六入",
        "half even": "四舍六入五成双",
        "up": "向上取整",
        "down": "向下取整",
    },
    "combine": {"sum": "相加", "highest": "取最高"},
    "rule": {"highest": "取最高", "top up": "补足差额"},
    "order": {"descending": "从高到低", "ascending": "从低到高"},
    "sharing": {"pro rata": "按比例分配", "first come": "先到先得"},
    "status": {
        "in force": "现行有效",
        "draft": "草案",
        "expired": "已到期",
        "repealed": "已废止",
        "unknown": "效力待核",
    },
}
"""Values of the YAML that are codes, by their key."""


def _text(line: Line) -> str:
    return "".join(each.text for each in line.pieces)
