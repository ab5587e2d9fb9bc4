"""Where an item comes from: document, clauses, words of the document, scenarios that show it right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.view import ItemView
from yingshang.rules.policy.marked_yaml import Path

_OUTCOMES = {"entitled": "符合", "refused": "不符合", "undecided": "信息不足"}


def check_sources(view: ItemView) -> Iterator[Problem]:
    """The document an item comes from, and the clauses of its conditions."""
    document = view.data.get("document")
    if not document:
        yield view.finding(
            "source-missing",
            ("id",),
            "the item does not say which document it comes from; add document: {title: …, number: …, url: …}",
            "未写明政策文件，请补充 document: {title: …, number: …, url: …}",
        )
    else:
        lacking = [each for each in ("title", "number", "url") if not document.get(each)]
        if "number" in lacking and "url" in lacking:
            yield view.finding(
                "source-missing",
                ("document",),
                "the document has neither number nor url, so nobody can "
                "find it; add document.url or document.number",
                "政策文件既无文号也无网址，无法查证，请补充 document.url 或 document.number",
                text="document",
            )
            lacking = [each for each in lacking if each == "title"]
        lacking = [each for each in lacking if each != "number"]
        if lacking:
            names_zh = {"title": "标题", "url": "网址"}
            yield view.finding(
                "source-incomplete",
                ("document",),
                f"the document has no {' and no '.join(lacking)}; add "
                f"{', '.join(f'document.{each}' for each in lacking)}",
                f"政策文件缺少{'、'.join(names_zh[each] for each in lacking)}，请补充",
                text=", ".join(lacking),
            )
    yield from _clauses(view)


def _clauses(view: ItemView) -> Iterator[Problem]:
    """One finding an item, not one a condition."""
    cited: set[Path] = set()
    uncited: list[tuple[Path, str]] = []
    silent: list[tuple[Path, str]] = []
    for path, condition in view.conditions():
        if "meets" in path:
            # A part of what is asked of one line stands with its condition.
            continue
        parts = condition.get("meets") or ()
        around = any(path[: len(each)] == each for each in cited)
        if condition.get("clause") or around or (parts and all(each.get("clause") for each in parts)):
            cited.add(path)
        elif "when" in condition or "meets" in condition:
            uncited.append((path, view.condition_id(path, condition)))
        text = str(condition.get("text") or "").strip()
        if "when" in condition and not text:
            silent.append((path, view.condition_id(path, condition)))
    for code, found, field, field_zh in (
        ("clause-missing", uncited, "clause", "条款（clause）"),
        ("text-missing", silent, "text (the words of the document)", "原文（text）"),
    ):
        if found:
            names = [name for _, name in found]
            shown, more = ", ".join(names[:5]), f" and {len(names) - 5} more" if len(names) > 5 else ""
            yield view.finding(
                code,
                found[0][0],
                f"no {field} with the conditions {shown}{more}; add it, so that a refusal can be reasoned",
                f"条件 {'、'.join(names[:5])}{f' 等 {len(names)} 个' if more else ''} "
                f"未注明{field_zh}，请补充，以便说明理由",
                text=shown,
            )


def check_scenarios(view: ItemView) -> Iterator[Problem]:
    """At least one scenario entitled, one refused and one undecided."""
    scenarios = view.data.get("scenarios") or ()
    if not scenarios:
        yield view.finding(
            "scenarios-missing",
            ("id",),
            "there are no scenarios; add one entitled, one refused and "
            "one undecided, so that a lawyer can check the item",
            "缺少情景，请至少补充符合、不符合、信息不足各一个，以便核对",
        )
        return
    lacking = [each for each in _OUTCOMES if each not in {str(scenario["outcome"]) for scenario in scenarios}]
    if lacking:
        yield view.finding(
            "scenarios-incomplete",
            ("scenarios",),
            f"no scenario comes out {' and none '.join(lacking)}; add one",
            f"缺少结果为“{'”“'.join(_OUTCOMES[each] for each in lacking)}”的情景，请补充",
            text=", ".join(lacking),
        )


def check_days(view: ItemView) -> Iterator[Problem]:
    """Scenarios without a day whose outcome another day may turn. One finding an item, for its first reason."""
    scenarios = [
        (index, each)
        for index, each in enumerate(view.data.get("scenarios") or ())
        if each.get("as_of") is None
    ]
    for index, scenario in scenarios:
        reason = _dated_by(view, scenario)
        if reason is None:
            continue
        (why, why_zh), name = reason, str(scenario["name"])
        others = len(scenarios) - 1
        whom = f"the scenarios {name!r} and {others} more have" if others else f"the scenario {name!r} has"
        whom_zh = f"情景“{name}”" + (f"等 {len(scenarios)} 个情景" if others else "")
        yield view.finding(
            "scenario-undated",
            ("scenarios", index),
            f"{whom} no as_of, but the outcome depends on the day ({why}) and will be another one some day; "
            f"add as_of: {view.as_of}",
            f"{whom_zh}未写 as_of，但结果随日期变化（{why_zh}），日后会不一致，请补充 as_of: {view.as_of}",
            text=name,
        )
        return


def _dated_by(view: ItemView, scenario: Mapping[str, Any]) -> tuple[str, str] | None:
    """Why the outcome of a scenario depends on the day, None if nothing shows that it does."""
    effective = view.data.get("effective") or {}
    if scenario["outcome"] != "refused" and (effective.get("from") or effective.get("to")):
        return "the effective dates", "生效期"
    replaced = scenario.get("parameters") or {}
    for each in view.data.get("parameters") or ():
        dated = any(value.get("from") or value.get("to") for value in each.get("values") or ())
        if dated and each["name"] not in replaced:
            return f"the parameter {each['name']}", f"参数“{each['name']}”"
    given = {_code(view, str(name)) for name, value in scenario["facts"].items() if value is not None}
    for names in view.names_of_trees:
        if "today" in names and (names & given or len(names) == 1):
            return "today() with a fact that is given", "today() 与已给出的事实比较"
    return _by_year(view, scenario)


def _by_year(view: ItemView, scenario: Mapping[str, Any]) -> tuple[str, str] | None:
    """A year written out on one side, a year counted from the day on the other."""
    catalogue = view.catalogue
    if catalogue is None:
        return None
    asked = view.names
    told = {*scenario["facts"], *(scenario.get("missing") or ())}
    for relative, absolute in ((asked, told), (told, asked)):
        counted = {fact.series_of: fact for fact in map(catalogue.find, relative) if fact and fact.series_of}
        for name in sorted(absolute):
            fact = catalogue.find(name)
            if fact is not None and fact.series and fact.code in counted:
                other = counted[fact.code]
                return f"{name} beside {other.code}", f"“{name}”与“{other.name}”"
    return None


def _code(view: ItemView, name: str) -> str:
    column = view.catalogue.column(name, view.as_of.year) if view.catalogue else None
    return column or name


__all__ = ["check_days", "check_scenarios", "check_sources"]
