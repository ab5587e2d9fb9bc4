"""What a person who reviews a version should look at: items in force it may not go together with, and hints of the
fair competition review. A finding decides nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Q

from yingshang.kernel.reference.api import facts
from yingshang.rules.policy.bounds import most
from yingshang.rules.policy.compile import Program

from ..content import program_of
from ..errors import InvalidItem
from ..models import ItemVersion, PolicyItem
from ..selectors import in_force
from .data import figures, hints
from .elements import completeness
from .limits import asked, limits_of

SUPERIOR = "superior"
"""Among the elements of a version: the code of the item of a higher level that it carries out."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. `key` stays the same as long as the finding says the same."""

    key: str
    group: Literal["conflict", "fairness"]
    rule: str
    title: str
    title_en: str
    text: str
    text_en: str
    article: str = ""
    excerpt: str = ""
    other_code: str = ""
    other_name: str = ""


@dataclass(frozen=True, slots=True)
class _Side:
    """An item that can be compared."""

    code: str
    name: str
    kind: str
    region_path: str
    columns: frozenset[str]
    program: Program


def conflicts(version: ItemVersion, *, today: date) -> tuple[Finding, ...]:
    """Everything found about a version, conflicts first. One that does not compile is only hinted at.

    It is compared with what is in force where it will hold, on its first day.
    """
    day = max(today, version.effective_from or today)
    found: list[Finding] = []
    mine = _side(version, day)
    if mine is not None:
        superior = str(version.elements.get(SUPERIOR) or "").strip()
        for other in _others(version, day, superior):
            if other.code == superior:
                found += _worse(mine, other)
            else:
                found += _alike(mine, other)
        found += _unknown(mine, version, superior, day)
    found += _hints(version)
    unique = {each.key: each for each in found}
    return tuple(unique.values())


def _side(row: ItemVersion, day: date) -> _Side | None:
    try:
        program = program_of(row.source, day)
    except InvalidItem:
        return None
    return _Side(row.item.code, row.name, row.kind, row.region_path, frozenset(row.facts), program)


def _others(version: ItemVersion, day: date, superior: str) -> Iterator[_Side]:
    """Items in force where the version will hold that could be about the same; the one it carries out, too."""
    path = version.region_path
    above = [path[:length] for length in (0, 2, 4, 6, 9, 12) if length <= len(path)]
    near = Q(item__code=superior) | (Q(region_path__in=above) & (Q(kind=version.kind) | Q(name=version.name)))
    mine = frozenset(version.facts)
    for row in in_force(day).filter(near).exclude(item=version.item_id):
        shared = _share(mine, frozenset(row.facts))
        if row.item.code == superior or row.name == version.name or shared >= figures()["alike"]["facts"]:
            side = _side(row, day)
            if side is not None:
                yield side


def _alike(mine: _Side, other: _Side) -> Iterator[Finding]:
    same = _share(asked(mine.program.requirement), asked(other.program.requirement))
    benefit = _benefit(mine.program) == _benefit(other.program)
    if mine.name == other.name or (same == 1 and benefit):
        yield _finding(
            "conflict",
            "same_twice",
            ("同一事项重复设立", "The same thing twice"),
            f"与“{other.name}”（{other.code}）{'条件和兑现内容相同' if same == 1 and benefit else '名称相同'}",
            f"{'Same conditions and benefit' if same == 1 and benefit else 'Same name'} as {other.name} ({other.code})",
            other=other,
        )
    elif same >= figures()["alike"]["conditions"] and mine.kind == other.kind:
        yield _finding(
            "conflict",
            "alike",
            ("条件高度重合", "Much the same conditions"),
            f"与“{other.name}”（{other.code}）的条件有 {round(same * 100)}% 相同，请说明能否同时享受",
            f"{round(same * 100)}% of the conditions are those of {other.name} ({other.code}); can both be had?",
            other=other,
        )
    yield from _thresholds(mine, other)


def _thresholds(mine: _Side, other: _Side) -> Iterator[Finding]:
    """Different limits for the same fact in two items of the same kind that are about much the same."""
    if mine.kind != other.kind or _share(mine.columns, other.columns) < figures()["alike"]["facts"]:
        return
    here, there = limits_of(mine.program.requirement), limits_of(other.program.requirement)
    for column in sorted(set(here) & set(there)):
        one, two = here[column], there[column]
        if one == two:
            continue
        name = _label(column)
        apart = one.both(two).impossible
        yield _finding(
            "conflict",
            "thresholds_apart" if apart else "thresholds_differ",
            ("门槛互相矛盾", "Thresholds that contradict")
            if apart
            else ("门槛不一致", "Thresholds that differ"),
            f"{name}：本事项要求 {one.text()}，“{other.name}”（{other.code}）要求 {two.text()}",
            f"{name}: {one.text()} here, {two.text()} in {other.name} ({other.code})",
            other=other,
            excerpt=column,
        )


def _worse(mine: _Side, superior: _Side) -> Iterator[Finding]:
    """Where the version gives less, or asks for more, than the item of a higher level that it carries out."""
    here, there = limits_of(mine.program.requirement), limits_of(superior.program.requirement)
    for column, limit in sorted(here.items()):
        name = _label(column)
        if column not in there and column not in superior.columns:
            yield _finding(
                "conflict",
                "asks_more",
                ("增设上级没有的条件", "Asks for what the higher level does not"),
                f"{name}（{limit.text()}）：上级事项“{superior.name}”（{superior.code}）没有这项条件",
                f"{name} ({limit.text()}): {superior.name} ({superior.code}) does not ask for it",
                other=superior,
                excerpt=column,
            )
        elif column in there and limit.narrower_than(there[column]):
            yield _finding(
                "conflict",
                "narrower",
                ("条件严于上级", "Narrower than the higher level"),
                f"{name}：本事项要求 {limit.text()}，"
                f"上级事项“{superior.name}”（{superior.code}）要求 {there[column].text()}",
                f"{name}: {limit.text()} here, {there[column].text()} in {superior.name} ({superior.code})",
                other=superior,
                excerpt=column,
            )
    mine_most, their_most = _most(mine.program), _most(superior.program)
    # A level below may grant less where the one above says "up to".
    up_to = bool((superior.program.item.data.get("benefit") or {}).get("at_most"))
    if not up_to and mine_most is not None and their_most is not None and mine_most < their_most:
        yield _finding(
            "conflict",
            "pays_less",
            ("标准低于上级", "Pays less than the higher level"),
            f"最高 {mine_most:f} 元，上级事项“{superior.name}”（{superior.code}）最高 {their_most:f} 元",
            f"at most {mine_most:f} yuan, {their_most:f} yuan in {superior.name} ({superior.code})",
            other=superior,
        )


def _unknown(mine: _Side, version: ItemVersion, superior: str, day: date) -> Iterator[Finding]:
    data = mine.program.item.data
    named = [str(each) for each in data.get("excludes") or ()]
    known = set(PolicyItem.objects.filter(code__in=[*named, superior]).values_list("code", flat=True))
    for code in sorted(set(named) - known):
        yield _finding(
            "conflict",
            "excludes_unknown",
            ("互斥的事项不存在", "Excludes an item that is not there"),
            f"互斥事项“{code}”不存在，请核对编号",
            f"There is no item {code}; check the code",
            excerpt=code,
        )
    if superior and (superior not in known or not in_force(day).filter(item__code=superior).exists()):
        yield _finding(
            "conflict",
            "superior_unknown",
            ("上级事项不在执行", "The item of the higher level is not in force"),
            f"上级事项“{superior}”不存在或者不在执行，请核对编号",
            f"There is no item {superior} in force; check the code",
            excerpt=superior,
        )
    group = str((data.get("stacking") or {}).get("group") or "")
    if group and not _group_known(group, version, day):
        yield _finding(
            "conflict",
            "group_alone",
            ("叠加组没有其他事项", "Nobody else in its stacking group"),
            f"叠加组“{group}”中没有其他在执行的事项，请核对组名",
            f"No other item in force is in the stacking group {group}; check its name",
            excerpt=group,
        )


def _group_known(group: str, version: ItemVersion, day: date) -> bool:
    rows = in_force(day).filter(source__contains=group).exclude(item=version.item_id)
    return any(
        side.program.stacking is not None and side.program.stacking.group == group
        for side in (_side(row, day) for row in rows)
        if side is not None
    )


def _hints(version: ItemVersion) -> Iterator[Finding]:
    words = [
        version.name,
        version.summary,
        *(
            line
            for each in completeness(version)
            if each.code in ("conditions", "exclusions", "benefit", "materials")
            for line in each.text.split("\n")
        ),
    ]
    for hint in hints():
        for excerpt in dict.fromkeys(_matching(hint.pattern.search, words)):
            yield _finding(
                "fairness",
                hint.code,
                (hint.name, hint.name_en),
                hint.why,
                hint.why_en,
                article=hint.article,
                excerpt=excerpt,
            )
        for column in sorted(set(hint.facts) & set(version.facts)):
            yield _finding(
                "fairness",
                hint.code,
                (hint.name, hint.name_en),
                hint.why,
                hint.why_en,
                article=hint.article,
                excerpt=_label(column),
            )


def _matching(search: Any, words: Iterable[str]) -> Iterator[str]:
    return (text for text in words if text and search(text))


def _finding(
    group: Literal["conflict", "fairness"],
    rule: str,
    title: tuple[str, str],
    text: str,
    text_en: str,
    *,
    article: str = "",
    excerpt: str = "",
    other: _Side | None = None,
) -> Finding:
    code, name = (other.code, other.name) if other else ("", "")
    key = hashlib.sha256("\x1f".join((rule, code, text, excerpt)).encode()).hexdigest()
    return Finding(key, group, rule, *title, text, text_en, article, excerpt, code, name)


def _benefit(program: Program) -> tuple[Any, ...]:
    return program.benefit.amount, program.benefit.grants, program.benefit.ceiling


def _most(program: Program) -> Decimal | None:
    for tree in (program.benefit.amount, program.benefit.ceiling):
        if tree is not None and (found := most(tree)) is not None:
            return found
    return None


def _share(one: frozenset[Any], other: frozenset[Any]) -> float:
    """How much of both is in both."""
    return len(one & other) / len(one | other) if one and other else 0.0


def _label(column: str) -> str:
    found = _names().get(column)
    return found or column


def _names() -> Mapping[str, str]:
    return {code: fact.name for code, fact in facts().items()}
