"""The first words of an interpretation, made from what it is about: always the same, nothing added. Pure.

They are for a person to put better and to publish; until then nobody else reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from ..content import Content, content_of, read_item
from ..search.public import ConditionLine, benefit_lines, condition_lines, term_lines
from .values import InterpretationContent, Question

_DELIVERIES = {
    "automatic": "免申即享：不用申请，政府比对数据后直接兑现。",
    "instant": "即申即享：提交申请，当场兑现。",
    "online": "零跑动：全程网上办理，不用跑腿。",
    "once": "最多跑一次：最多到窗口一次。",
}
_NO_DELIVERY = "文件没有写明怎样办理，以受理机关的说明为准。"
_NO_MATERIALS = "文件没有写明需要提交的材料。"
_NO_WINDOW = "文件没有写明受理时间。"
_MOST_PLAIN, _MOST_SECTION, _MOST_ANSWER = 300, 2_000, 1_000


def draft_of_item(source: str, today: date) -> InterpretationContent:
    """What an item says, as sections and as the questions people ask. Raises InvalidItem."""
    data: Mapping[str, Any] = read_item(source).data
    content = content_of(source, today)
    lines = tuple(condition_lines(data, {}, {}))
    needed = [line for line in lines if not _refuses(line, lines)]
    refusing = [line for line in lines if line.excluded and line.depth == 0]
    amount = _amount(data)
    when = _when(content)
    how = _DELIVERIES.get(content.delivery, _NO_DELIVERY)
    materials = list(dict.fromkeys(name for line in lines for name in line.materials))
    bring = f"{'、'.join(materials)}。" if materials else _NO_MATERIALS
    who = "\n".join(_written(needed, lines))
    if refusing:
        who += "\n下列情形不能享受：" + "；".join(line.text for line in refusing) + "。"
    return InterpretationContent(
        plain=_cut(content.summary or content.name, _MOST_PLAIN),
        sections={
            code: _cut(words, _MOST_SECTION)
            for code, words in (
                ("who", who),
                ("amount", amount),
                ("when", when),
                ("how", how),
                ("bring", bring),
            )
            if words
        },
        questions=tuple(_questions(data, content, needed, refusing, lines, amount, when, how)),
    )


def draft_of_document(
    title: str, issuer: str, items: Sequence[tuple[str, str, str]]
) -> InterpretationContent:
    """What a document's items say, each as (name, summary, benefit)."""
    by = f"{issuer}印发的" if issuer else ""
    if not items:
        return InterpretationContent(plain=_cut(f"{by}《{title}》。", _MOST_PLAIN))
    names = "、".join(name for name, _, _ in items)
    return InterpretationContent(
        plain=_cut(f"{by}《{title}》，可以兑现的事项有 {len(items)} 个：{names}。", _MOST_PLAIN),
        sections={
            "who": _cut(
                "\n".join(f"{name}：{summary}" for name, summary, _ in items if summary), _MOST_SECTION
            ),
            "amount": _cut(
                "\n".join(f"{name}：{benefit}" for name, _, benefit in items if benefit), _MOST_SECTION
            ),
        },
        questions=tuple(
            Question(f"“{name}”给什么？", _cut(benefit, _MOST_ANSWER))
            for name, _, benefit in items
            if benefit
        ),
    )


def _questions(
    data: Mapping[str, Any],
    content: Content,
    needed: Sequence[ConditionLine],
    refusing: Sequence[ConditionLine],
    lines: Sequence[ConditionLine],
    amount: str,
    when: str,
    how: str,
) -> Iterator[Question]:
    top = [line for line in needed if line.depth == 0]
    if top:
        told = "；".join(_with_parts(line, lines) for line in top)
        lead = "要同时符合：" if len(top) > 1 else ""
        yield Question("谁可以享受？", _cut(f"{lead}{told}。", _MOST_ANSWER), _ids(top))
    if refusing:
        told = "；".join(line.text for line in refusing)
        yield Question("什么情形不能享受？", _cut(f"{told}。", _MOST_ANSWER), _ids(refusing))
    if amount:
        yield Question("能得到多少？", _cut(amount, _MOST_ANSWER), ("benefit",))
    if (data.get("benefit") or {}).get("at_most"):
        yield Question("一定能得到这么多吗？", "不一定。文件写的是“不超过”，以审定为准。", ("benefit",))
    yield Question("什么时候可以申请？", _cut(when, _MOST_ANSWER))
    if content.delivery:
        yield Question("要去窗口申请吗？", how)
    with_materials = [line for line in lines if line.materials]
    if with_materials:
        told = "；".join(f"{line.text}：{'、'.join(line.materials)}" for line in with_materials)
        yield Question("要准备什么材料？", _cut(f"{told}。", _MOST_ANSWER), _ids(with_materials))
    stacking = data.get("stacking")
    if isinstance(stacking, Mapping) and stacking.get("text"):
        yield Question("能不能和别的政策一起享受？", _cut(str(stacking["text"]), _MOST_ANSWER))


def _refuses(line: ConditionLine, lines: Sequence[ConditionLine]) -> bool:
    """Whether it stands among what must not be, also as a part of it."""
    top = None
    for each in lines:
        if each.depth == 0:
            top = each
        if each is line:
            break
    return top is not None and top.excluded


def _written(needed: Iterable[ConditionLine], lines: Sequence[ConditionLine]) -> Iterator[str]:
    for line in needed:
        if line.depth == 0:
            yield f"{_with_parts(line, lines)}。"


def _with_parts(line: ConditionLine, lines: Sequence[ConditionLine]) -> str:
    """A condition with those it consists of, one level deep."""
    parts = []
    for each in lines[lines.index(line) + 1 :]:
        if each.depth <= line.depth:
            break
        if each.depth == line.depth + 1:
            parts.append(each.text)
    if not parts or line.how in ("", "lines"):
        return line.text
    joined = {"any": "任一项", "all": "全部", "at_least": f"至少 {line.count} 项"}.get(line.how, "")
    return f"{line.text}（{joined}：{'；'.join(parts)}）"


def _amount(data: Mapping[str, Any]) -> str:
    benefit = data.get("benefit") or {}
    told: list[str] = []
    for each in benefit_lines(benefit):
        if not each.id and each.text:
            told.append(_ended(each.text))
        told += [_ended(cap) for cap in each.caps if cap.rstrip("。") not in "".join(told)]
    if not told:
        told = [_ended(each.text) for each in benefit_lines(benefit) if each.text]
    told += [_ended(each) for each in term_lines(data)]
    return "\n".join(dict.fromkeys(told))


def _when(content: Content) -> str:
    told = []
    for each in content.windows:
        first, last = _day(each.get("from")), _day(each.get("to"))
        span = f"{first or '即日'}至{last or '另行通知'}受理"
        told.append(f"{span}（{each['text']}）。" if each.get("text") else f"{span}。")
    if not told:
        told.append(_NO_WINDOW)
    if content.effective_from or content.effective_to:
        first, last = _in_words(content.effective_from), _in_words(content.effective_to)
        told.append(f"政策{f'自{first}起' if first else ''}施行{f'，到{last}为止' if last else ''}。")
    return "\n".join(told)


def _ids(lines: Iterable[ConditionLine]) -> tuple[str, ...]:
    return tuple(line.id for line in lines if line.id)


def _ended(words: str) -> str:
    words = " ".join(words.split())
    return words if words.endswith(("。", "！", "？")) else f"{words}。"


def _day(text: str | None) -> str:
    return _in_words(date.fromisoformat(text)) if text else ""


def _in_words(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
