"""Definitions, parameters and tables: used, and not called like something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from yingshang.rules.feel.functions import find_builtin
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.codes import ERROR
from yingshang.rules.policy.lint.view import ItemView, values_in
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
        names = view.names
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
    yield from _line_names(view)
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


def _line_names(view: ItemView) -> Iterator[Problem]:
    """The name of a line hides what is called so outside of it, and the field of that name inside."""
    benefit = view.data["benefit"]
    named = [(path, data) for path, data in view.conditions() if "meets" in data]
    named += [
        ((*path, "lines"), data["lines"])
        for path, data in (
            (("benefit",), benefit),
            *((("benefit", "parts", index), part) for index, part in enumerate(benefit.get("parts") or ())),
        )
        if data.get("lines")
    ]
    for path, data in named:
        name = data.get("as")
        if name is None:
            continue
        fields = view.catalogue.fields if view.catalogue else {}
        fact = view.fact(str(name)) or fields.get(str(name))
        declared = {other for _, _, _, _, other in _declared(view)}
        if fact is None and name not in declared and find_builtin(str(name)) is None:
            continue
        yield view.finding(
            "name-shadows",
            (*path, "as"),
            f"the line is called {name!r}, which is the name of something else already; call it otherwise",
            f"行名“{name}”已另有含义，请另取名称",
            text=str(name),
        )


def check_functions(view: ItemView) -> Iterator[Problem]:
    """Names of functions that stand where a value is meant: a fact called `count` can never be read."""
    for expression in view.expressions:
        names = dict.fromkeys(
            each.name
            for each in values_in(expression.tree, frozenset({expression.line}))
            if find_builtin(each.name) is not None
        )
        for name in names:
            called = f"{name}()" if name in ("today", "now") else f"{name}(…)"
            yield view.finding(
                "function-as-value",
                expression.path,
                f"{name} is a function of FEEL, and no fact can be read by this name; "
                f"call it with brackets, {called}, or give the fact another name",
                f"“{name}”是内置函数，不能作为事实名称；请加括号调用，如 {called}，或给事实另取名称",
                text=name,
            )


def check_catalogue(catalogue: FactCatalogue | None) -> Iterator[Problem]:
    """Facts that are called like a function, so that an expression can never read them."""
    for fact in catalogue.facts.values() if catalogue else ():
        for label in dict.fromkeys((fact.code, fact.name)):
            if find_builtin(label) is not None:
                assert catalogue is not None
                yield Problem(
                    "name-shadows",
                    f"the fact {label!r} is called like a function of FEEL, which hides it; give it another name",
                    f"事实“{label}”与内置函数重名，表达式无法引用，请另取名称",
                    catalogue.places.get(fact.code, Place("catalogue", 1, 1)),
                    text=label,
                    severity=ERROR,
                )


__all__ = ["check_catalogue", "check_functions", "check_shadowing", "check_unused"]
