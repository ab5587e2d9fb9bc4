"""Conditions of flows: FEEL in policy mode, and nothing else.

A condition is a function of what the case knows. It may not read the clock (`now()`, `today()`): the state of a case
is what happened in it, and running through it again must lead to the same place tomorrow. Nor may it run regular
expressions: whoever completes a step could keep a server busy for ever with the right text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import DecimalException
from functools import lru_cache
from typing import Any

from yingshang.rules.errors import ExpressionError
from yingshang.rules.feel.evaluate import Mode, evaluate
from yingshang.rules.feel.exchange import from_json
from yingshang.rules.feel.names import free_names, refuse_patterns, unknown_functions
from yingshang.rules.feel.operators import kind_of, kind_zh
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.syntax import (
    Arithmetic,
    Call,
    Comparison,
    ContextLiteral,
    For,
    FunctionDefinition,
    ListLiteral,
    Literal,
    Name,
    Negate,
    Node,
    RangeLiteral,
    walk,
)
from yingshang.rules.feel.values import Failure, Unknown

from ..errors import ConditionUndecided

LONGEST = 2_000
"""Characters a condition may have; longer ones belong into a decision table."""

_CLOCK = ("now", "today")
_NO_TRUTH = (Arithmetic, Negate, ListLiteral, ContextLiteral, RangeLiteral, For)


@lru_cache(maxsize=4096)
def parse_condition(text: str, names: frozenset[str]) -> Node:
    """The syntax tree. Raises ExpressionError with the place and what was expected."""
    if len(text) > LONGEST:
        raise ExpressionError(
            f"a condition has at most {LONGEST} characters",
            message_zh=f"条件最多 {LONGEST} 个字符",
            source=text,
            position=LONGEST,
        )
    return refuse_patterns(parse_expression(text, names), text)


def problems_of(text: str, names: Iterable[str]) -> list[tuple[str, str]]:
    """What is wrong with a condition that may read `names`, in both languages; empty when nothing is."""
    known = frozenset(names)
    try:
        tree = parse_condition(text, known)
    except ExpressionError as error:
        # Python's ways of writing are the commonest mistake of those who know another engine.
        hint, hint_zh = _advice(text)
        return [(f"{error.message}{hint}", f"{error.message_zh}{hint_zh}")]
    problems: list[tuple[str, str]] = []
    if any(
        isinstance(node, Call) and isinstance(node.function, Name) and node.function.name in _CLOCK
        for node in walk(tree)
    ):
        problems.append(
            (
                "a condition may not ask for the time; what has to happen by when belongs into a term",
                "条件不能读取当前时间；时间要求请写在时限（term）中",
            )
        )
    if isinstance(tree, _NO_TRUTH) or (isinstance(tree, Literal) and not isinstance(tree.value, bool)):
        problems.append(
            (
                "it is never true or false; compare something, such as amount > 1000",
                "结果不是真假；请写比较，如 amount > 1000",
            )
        )
    if any(isinstance(node, FunctionDefinition) for node in walk(tree)):
        problems.append(("a condition defines no functions", "条件中不能定义函数"))
    for function in unknown_functions(tree):
        problems.append((function.message(), function.message_zh()))
    for name in sorted(free_names(tree) - known):
        listed = ", ".join(sorted(known)) or "-"
        problems.append(
            (
                f"{name!r} is given by nobody before this; list it under facts if the opening gives it, "
                f"under sets of the step that does, or use one of: {listed}",
                f"“{name}”在此之前没有人提供；由申请提供的请列入 facts，由环节提供的请列入该环节的 sets，"
                f"或使用：{listed}",
            )
        )
    return problems


def unknown_outcomes(
    text: str, names: Iterable[str], outcomes: Mapping[str, Collection[str]]
) -> list[tuple[str, str]]:
    """Comparisons of an `outcome_of_…` with a code the step does not have, in both languages.

    `outcome_of_accept = "acepted"` would never hold, and nobody would see why. `outcomes` are the codes by such name.
    """
    problems = []
    for node in walk(parse_condition(text, frozenset(names))):
        if not isinstance(node, Comparison):
            continue
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if not isinstance(one, Name) or one.name not in outcomes or not isinstance(other, Literal):
                continue
            codes = outcomes[one.name]
            if other.value is not None and other.value not in codes:
                listed = ", ".join(codes)
                problems.append(
                    (
                        f"{one.name} is never {other.value!r}; there are: {listed}",
                        f"“{one.name}”不会是“{other.value}”，可选：{listed}",
                    )
                )
    return problems


def _advice(text: str) -> tuple[str, str]:
    if "==" in text:
        return "; FEEL compares with a single =", "；FEEL 用一个等号 = 比较"
    if "${" in text or "#{" in text:
        return "; write FEEL without ${ }", "；请写 FEEL，不要 ${ }"
    if "__" in text or "import" in text or "lambda" in text:
        return "; this is no FEEL, and nothing but FEEL is ever run", "；这不是 FEEL，流程只运行 FEEL"
    return "", ""


def holds(text: str, facts: Mapping[str, Any], names: frozenset[str], *, gateway: str = "") -> bool:
    """Whether the condition holds. Raises ConditionUndecided when that is not certain: nothing is guessed."""
    try:
        tree = parse_condition(text, names)
        value = evaluate(tree, {name: from_json(fact) for name, fact in facts.items()}, Mode.POLICY)
    except (ExpressionError, DecimalException, RecursionError) as error:
        raise _undecided(text, gateway, str(error), str(error), ()) from None
    if value is True or value is False:
        return bool(value)
    if isinstance(value, Unknown):
        missing = tuple(sorted(value.missing))
        listed = ", ".join(missing)
        raise _undecided(text, gateway, f"unknown: {listed}", f"未知：{listed}", missing)
    if isinstance(value, Failure):
        raise _undecided(text, gateway, value.message, value.message_zh, ())
    raise _undecided(
        text,
        gateway,
        f"it gives {kind_of(value)}, not true or false",
        f"结果是{kind_zh(value)}，不是真或假",
        (),
    )


def _undecided(
    text: str, gateway: str, why: str, why_zh: str, missing: tuple[str, ...]
) -> ConditionUndecided:
    return ConditionUndecided(
        f"the flow cannot go on: whether “{text}” holds is undecided ({why}); complete the data of the case first",
        message_zh=f"流程无法继续：条件“{text}”无法判断（{why_zh}），请先补全办件数据",
        condition=text,
        gateway=gateway,
        missing=list(missing),
    )
