"""Texts that say no where the expression says yes, or the other way round: 未列入失信名单 beside 列入失信名单."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yingshang.rules.feel import syntax
from yingshang.rules.feel.syntax import Literal, Name, Node
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.view import ItemView

_NO = re.compile("未|无|没有|不|非|除外|以外")
# 未来, 无人机, 不低于: characters of a no that deny nothing.
_NO_DENIAL = re.compile("未来|无人|无形|无线|无偿|不动产|非遗|非公|非营利|不[低少高多小大]于|不超过|不足")


def check_negations(view: ItemView) -> Iterator[Problem]:
    """Conditions that are one yes-or-no fact, or its opposite, against a text that speaks of the same."""
    for path, condition in view.conditions():
        expression = view.by_path.get((*path, "when"))
        text = _NO_DENIAL.sub("", str(condition.get("text") or ""))
        found = _one_fact(expression.raw) if expression is not None and text else None
        fact = view.fact(found[0]) if found else None
        if (
            expression is None
            or found is None
            or fact is None
            or fact.type != "boolean"
            or _NO.search(fact.name)
        ):
            continue
        affirmed, excluded = found[1], path[0] == "exclusions"
        pairs = {fact.name[index : index + 2] for index in range(len(fact.name) - 1)}
        spoken = text.replace("除外", "").replace("以外", "") if excluded else text
        if affirmed:
            # In an exclusion the text may tell what is asked instead.
            wrong = not excluded and _denies(text, pairs)
        else:
            wrong = not _NO.search(spoken) and any(each in spoken for each in pairs)
        if not wrong:
            continue
        written = expression.source
        better = f"not({found[0]})" if affirmed else found[0]
        hint = "an exclusion says what those who are left out are like; " if excluded else ""
        hint_zh = "排除情形应写被排除者的特征，" if excluded else ""
        yield view.finding(
            "text-negation",
            expression.path,
            f"the text ({text}) {'denies' if affirmed else 'affirms'} what {written} "
            f"{'affirms' if affirmed else 'denies'}; {hint}is {better} meant?",
            f"文字（{text}）为{'否定' if affirmed else '肯定'}，而表达式 {written} "
            f"为{'肯定' if affirmed else '否定'}；{hint_zh}是否应为 {better}？",
            text=written,
        )


def _denies(text: str, pairs: set[str]) -> bool:
    """Whether a no stands right before words of the fact: 未列入…, 无重大违法."""
    return any(
        text[match.end() + gap : match.end() + gap + 2] in pairs
        for match in re.finditer("未|无|没有|不得|不存在|非", text)
        for gap in range(3)
    )


def _one_fact(node: Node) -> tuple[str, bool] | None:
    """The name an expression consists of, and whether it is affirmed."""
    if isinstance(node, Name):
        return node.name, True
    if isinstance(node, syntax.Call) and node.function == Name("not") and len(node.arguments) == 1:
        inner = _one_fact(node.arguments[0])
        return (inner[0], not inner[1]) if inner else None
    if isinstance(node, syntax.Comparison) and node.operator in ("=", "!="):
        for thing, value in ((node.left, node.right), (node.right, node.left)):
            if isinstance(thing, Name) and isinstance(value, Literal) and isinstance(value.value, bool):
                return thing.name, value.value == (node.operator == "=")
    return None


__all__ = ["check_negations"]
