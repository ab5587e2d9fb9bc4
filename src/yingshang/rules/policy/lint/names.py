"""Definitions, parameters and tables: used, and not called like something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from yingshang.rules.feel.functions import find_builtin
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.view import ItemView, names_in
from yingshang.rules.policy.marked_yaml import Path, Place

_KINDS = (
    ("definitions", "definition-unused", "definition", "定义"),
    ("parameters", "parameter-unused", "parameter", "参数"),
    ("tables", "table-unused", "table", "决策表"),
)


def check_unused(views: Iterable[ItemView]) -> Iterator[Problem]:
    """Names that no expression uses; what is handed down to several items counts as used if one of them uses it."""
    used: set[Place] = set()
    found: dict[Place, Problem] = {}
    for view in views:
        if view.broken:
            # What the broken expressions use is not known.
            used.update(view.place(path) for _, _, _, path, _ in _declared(view))
            continue
        names = set[str]()
        for expression in view.expressions:
            names |= names_in(expression.raw)
        for code, word, word_zh, path, name in _declared(view):
            place = view.place(path)
            if name in names:
                used.add(place)
            else:
                found.setdefault(
                    place,
                    view.finding(
                        code,
                        path,
                        f"the {word} {name!r} is used nowhere; delete it, or use it where it is meant",
                        f"{word_zh}“{name}”未被使用，请删除或在应使用之处引用",
                        text=name,
                    ),
                )
    for place, problem in found.items():
        if place not in used:
            yield problem


def _declared(view: ItemView) -> Iterator[tuple[str, str, str, Path, str]]:
    for key, code, word, word_zh in _KINDS:
        declared = view.data.get(key) or ()
        if isinstance(declared, dict):
            for name in declared:
                yield code, word, word_zh, (key, name), str(name)
        else:
            for index, each in enumerate(declared):
                yield code, word, word_zh, (key, index), str(each["name"])


def check_shadowing(view: ItemView) -> Iterator[Problem]:
    """Names that hide a fact or a function, and names given twice."""
    seen: dict[str, str] = {}
    for _, word, word_zh, path, name in _declared(view):
        if name in seen:
            yield view.finding(
                "name-repeated",
                path,
                f"{name!r} is the name of a {seen[name]} already; give each its own name",
                f"“{name}”已另有定义，请分别命名",
                text=name,
            )
        seen[name] = word
        fact = view.fact(name)
        if fact is not None:
            yield view.finding(
                "name-shadows",
                path,
                f"the {word} {name!r} hides the fact {fact.code} ({fact.name}); call it otherwise",
                f"{word_zh}“{name}”与事实 {fact.code}（{fact.name}）重名，请另取名称",
                text=name,
            )
        elif find_builtin(name) is not None:
            yield view.finding(
                "name-shadows",
                path,
                f"the {word} {name!r} hides the function of that name; call it otherwise",
                f"{word_zh}“{name}”与内置函数重名，请另取名称",
                text=name,
            )


__all__ = ["check_shadowing", "check_unused"]
