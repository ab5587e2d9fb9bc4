"""The linter of policy documents: what is wrong with them before anybody applies, and what to do about it.

`check` gives everything at once: what could not be loaded, what does not compile, and what compiles but cannot be
meant. A check says only what it can prove from the document and the catalogue; `codes.CODES` lists every finding.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.compile import Compilation, Program, compile_items, problem_at
from yingshang.rules.policy.document import Item, PolicySet, Problem
from yingshang.rules.policy.lint.bands import check_bands, check_ladders, check_tables
from yingshang.rules.policy.lint.codes import CODES, NOTE, Code
from yingshang.rules.policy.lint.dates import check_dates
from yingshang.rules.policy.lint.expressions import check_expressions
from yingshang.rules.policy.lint.kinds import check_kinds
from yingshang.rules.policy.lint.logic import check_benefit_conditions, check_conditions, check_lines
from yingshang.rules.policy.lint.names import check_catalogue, check_functions, check_shadowing, check_unused
from yingshang.rules.policy.lint.negations import check_negations
from yingshang.rules.policy.lint.payment import check_payment
from yingshang.rules.policy.lint.relations import check_duplicates, check_excludes, check_stacking
from yingshang.rules.policy.lint.sources import check_days, check_scenarios, check_sources
from yingshang.rules.policy.lint.units import check_units
from yingshang.rules.policy.lint.view import ItemView, day_in_force

ITEM_CHECKS: tuple[Callable[[ItemView], Iterable[Problem]], ...] = (
    check_kinds,
    check_expressions,
    check_conditions,
    check_lines,
    check_benefit_conditions,
    check_bands,
    check_tables,
    check_ladders,
    check_units,
    check_negations,
    check_dates,
    check_payment,
    check_shadowing,
    check_functions,
    check_sources,
    check_scenarios,
    check_days,
)
"""Checks of one item. A new check is a function in a module of its family and an entry here or below."""

SET_CHECKS: tuple[Callable[[list[ItemView]], Iterable[Problem]], ...] = (
    check_unused,
    check_stacking,
    check_duplicates,
)
"""Checks of all items together."""

_GRAVITY = {"error": 0, "warning": 1, "note": 2}
# Where one of these is found, what follows from it is not said as well.
_OUTDONE = {
    "self-comparison": ("condition-never", "condition-always", "part-never", "part-always", "condition-constant",
                        "exclusion-never", "exclusion-always"),
    "range-empty": ("condition-never", "part-never", "exclusion-never", "bands-never", "table-never-matches"),
    "null-comparison": ("condition-never", "condition-always", "part-never", "part-always",
                        "exclusion-never", "exclusion-always"),
    "value-unknown": ("condition-never", "condition-always", "part-never", "part-always",
                      "exclusion-never", "exclusion-always"),
    "unit-slip": ("condition-never", "condition-always", "part-never", "part-always",
                  "exclusion-never", "exclusion-always"),
    "ratio-percent": ("condition-never", "condition-always", "part-never", "part-always",
                      "exclusion-never", "exclusion-always"),
}  # fmt: skip


def check(policy_set: PolicySet, catalogue: FactCatalogue | None, as_of: Date) -> list[Problem]:
    """Everything wrong with a set of policies as of a day, by file and line.

    An item that is not in force on the day is looked at on the nearest day on which it is.

    Without a catalogue any name may be a fact of any kind, and only what does not hang on that is found.
    """
    views: list[ItemView] = []
    compile_problems: list[Problem] = []
    for item in policy_set.items:
        day = day_in_force(item, as_of)
        compiled = compile_items([item], catalogue, day)
        compile_problems += compiled.problems
        views.append(ItemView(item, catalogue, day, _program(item, compiled, catalogue, day)))
    found: list[Problem] = [*policy_set.problems]
    found += _unreadable(views, compile_problems)
    for view in views:
        found += _without_what_follows(each for item_check in ITEM_CHECKS for each in item_check(view))
    for set_check in SET_CHECKS:
        found += set_check(views)
    found += check_excludes(views, frozenset(each.item for each in policy_set.problems if each.item))
    found += check_catalogue(catalogue)
    return _in_order(_accepted(found, views))


def _accepted(found: Iterable[Problem], views: Iterable[ItemView]) -> Iterator[Problem]:
    """Findings that the author accepts are notes with the reason. What cannot be read cannot be accepted."""
    reasons = {
        (view.item.id, str(each["code"])): str(each["reason"])
        for view in views
        for each in view.data.get("accepted") or ()
    }
    used: set[tuple[str, str]] = set()
    for each in found:
        key = (each.item or "", each.code)
        if key in reasons and each.code in CODES:
            used.add(key)
            reason = reasons[key]
            yield replace(
                each,
                severity=NOTE,
                message=f"accepted: {reason} ({each.message})",
                message_zh=f"已接受：{reason}（{each.message_zh}）",
            )
        else:
            yield each
    for view in views:
        for index, each in enumerate(view.data.get("accepted") or ()):
            code = str(each["code"])
            if (view.item.id, code) in used:
                continue
            close = difflib.get_close_matches(code, CODES, n=1)
            if code in CODES or not close:
                hint, hint_zh = "; delete it", "，请删除"
            else:
                hint, hint_zh = f"; did you mean {close[0]}?", f"，是否为 {close[0]}？"
            yield view.finding(
                "accepted-unused",
                ("accepted", index),
                f"there is no finding {code} in {view.item.id} to accept{hint}",
                f"{view.item.id} 没有可接受的 {code}{hint_zh}",
                text=code,
            )


def _program(item: Item, compiled: Compilation, catalogue: FactCatalogue | None, day: Date) -> Program | None:
    """The program of an item; if only its benefit does not compile, that of its conditions."""
    if compiled.programs:
        return compiled.programs[0]
    kept = {key: value for key, value in item.data.items() if key in _CONDITIONS}
    alone = replace(item, data={**kept, "benefit": {"grants": f"§ {item.id}"}})
    return next(iter(compile_items([alone], catalogue, day).programs), None)


_CONDITIONS = frozenset(
    {"id", "name", "effective", "parameters", "definitions", "tables", "conditions", "exclusions"}
)


def _unreadable(views: list[ItemView], compiled: list[Problem]) -> Iterator[Problem]:
    """What does not compile: the compiler's problem of each item, and every other expression that cannot be read."""
    own = {
        (view.item.id, place, code): problem
        for view in views
        for place, code, problem in (
            (view.item.place(*path), error.code, _hinted(view, problem_at(view.item, path, error)))
            for path, error in view.broken
        )
    }
    yield from own.values()
    broken = {item for item, _, _ in own}
    # What the compiler finds in an item whose every expression can be read is about how they are put together.
    yield from (each for each in compiled if each.item not in broken)


def _hinted(view: ItemView, problem: Problem) -> Problem:
    """An unknown name that is a value of a fact: a text without quotes."""
    name = problem.text
    if problem.code != "unknown-name" or view.catalogue is None:
        return problem
    if name.startswith("not "):
        inner = name.removeprefix("not ").strip()
        return replace(
            problem,
            message=f"`not` is a function: write not({inner})",
            message_zh=f"not 是函数，请写 not({inner})",
        )
    facts = [each for each in view.catalogue.facts.values() if name in each.values]
    facts += [
        field for fact in view.catalogue.facts.values() for field in fact.fields if name in field.values
    ]
    if not facts and "did you mean" not in problem.message and "there is no fact" in problem.message:
        return replace(
            problem,
            message=f"{problem.message}; use a fact of the catalogue, or declare it there",
            message_zh=f"{problem.message_zh}，请改用事实目录中的事实，或先在目录中声明",
        )
    if not facts:
        return problem
    return replace(
        problem,
        code="unquoted-text",
        message=f'{name} is a value of {facts[0].name}, and a text stands in quotes: write "{name}"',
        message_zh=f'“{name}”是“{facts[0].name}”的取值，文字应加引号，请写 "{name}"',
    )


def _without_what_follows(problems: Iterable[Problem]) -> list[Problem]:
    found = list(problems)
    lines = {(each.code, each.place.file, each.place.line) for each in found}
    return [
        each
        for each in found
        if not any(
            each.code in followers and (cause, each.place.file, each.place.line) in lines
            for cause, followers in _OUTDONE.items()
        )
    ]


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file and line, the gravest first; what is handed down to several items is said once."""
    once: dict[tuple[object, ...], Problem] = {}
    for each in problems:
        once.setdefault((each.place, each.code, each.message), each)
    return sorted(
        once.values(),
        key=lambda each: (
            each.place.file,
            each.place.line,
            _GRAVITY.get(each.severity, 0),
            each.place.column,
            each.code,
        ),
    )


__all__ = ["CODES", "ITEM_CHECKS", "SET_CHECKS", "Code", "check"]
