"""Where an item comes from: document, clauses, words of the document, scenarios that show it right."""

from __future__ import annotations

from collections.abc import Iterator

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
        around = any(path[: len(each)] == each for each in cited)
        if condition.get("clause") or around:
            cited.add(path)
        elif "when" in condition or "meets" in condition:
            uncited.append((path, view.condition_id(path, condition)))
        text = str(condition.get("text") or "").strip()
        if "when" in condition and not text and "meets" not in path:
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


__all__ = ["check_scenarios", "check_sources"]
