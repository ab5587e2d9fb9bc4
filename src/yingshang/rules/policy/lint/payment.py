"""Caps, instalments, quotas, pools and budgets that cannot be meant as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from yingshang.rules.errors import DomainError
from yingshang.rules.feel.syntax import Literal
from yingshang.rules.feel.values import plain
from yingshang.rules.policy.benefit import BenefitBuilder
from yingshang.rules.policy.bounds import UNBOUNDED, Bounds, bounds_of
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.view import ItemView
from yingshang.rules.policy.marked_yaml import Path


def check_payment(view: ItemView) -> Iterator[Problem]:
    """Everything about the money of one item."""
    benefit = view.data["benefit"]
    before_caps = _bounds(view, {key: value for key, value in benefit.items() if key in _AMOUNT})
    yield from _caps(view, benefit, ("benefit",), before_caps)
    for index, part in enumerate(benefit.get("parts") or ()):
        bounds = _bounds(view, {key: value for key, value in part.items() if key in _AMOUNT})
        yield from _caps(view, part, ("benefit", "parts", index), bounds)
    yield from _instalments(view, benefit)
    yield from _quota(view)
    yield from _funds(view, before_caps)


_AMOUNT = frozenset({"amount", "bands", "table", "lines", "parts", "combine", "unit", "rounding"})


def _bounds(view: ItemView, amount: Mapping[str, Any]) -> Bounds:
    """Bounds of an amount before its caps."""
    if view.program is None:
        return UNBOUNDED
    try:
        built = BenefitBuilder(view.resolver).build(amount)
    except DomainError:
        return UNBOUNDED
    return bounds_of(built.amount, view.catalogue) if built.amount is not None else UNBOUNDED


def _value(view: ItemView, path: Path) -> Decimal | None:
    """A figure written out, in yuan."""
    found = view.by_path.get(path)
    if found is None or not isinstance(found.tree, Literal) or not isinstance(found.tree.value, Decimal):
        return None
    return found.tree.value * found.factor


def _caps(view: ItemView, data: Mapping[str, Any], path: Path, amount: Bounds) -> Iterator[Problem]:
    smallest = _smallest_row(view, data, path)
    by_scope: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for index, cap in enumerate(data.get("caps") or ()):
        where: Path = (*path, "caps", index)
        limit = _value(view, (*where, "amount"))
        if limit is None:
            continue
        shown = plain(limit)
        if cap.get("used") is None and amount.high <= limit and amount.high.is_finite():
            if amount.high < limit:
                yield view.finding(
                    "cap-never-binds",
                    where,
                    f"the cap of {shown} yuan never binds: the amount is at most "
                    f"{plain(amount.high)} yuan; check both figures",
                    f"上限 {shown} 元不起作用：金额至多 {plain(amount.high)} 元，请核对",
                    text=shown,
                )
        elif smallest is not None and limit < smallest:
            yield view.finding(
                "cap-below-bands",
                where,
                f"the cap of {shown} yuan is below the smallest amount of "
                f"{plain(smallest)} yuan, so everybody gets the cap; "
                "check the unit",
                f"上限 {shown} 元低于最低一档 {plain(smallest)} 元，各档均不起作用，请核对单位",
                text=shown,
            )
        scope = (str(cap.get("per", "item")), str(cap.get("used")))
        if scope in by_scope and by_scope[scope][1] != limit:
            other = by_scope[scope][1]
            low, high = sorted((limit, other))
            yield view.finding(
                "caps-contradict",
                where,
                f"there are two caps per {scope[0]}, {plain(other)} and "
                f"{shown} yuan; only {plain(low)} counts: "
                f"delete {plain(high)}, or say `per`",
                f"同一对象（{scope[0]}）有两个上限 {plain(other)} 元和 {shown} "
                f"元，只有 {plain(low)} 元起作用，请删除其一或写明 per",
                text=shown,
            )
        by_scope.setdefault(scope, (index, limit))


def _smallest_row(view: ItemView, data: Mapping[str, Any], path: Path) -> Decimal | None:
    """The smallest amount above nothing that bands or an amount written out give."""
    rows = (data.get("bands") or {}).get("rows") or ()
    amounts = [_value(view, (*path, "bands", "rows", index, "amount")) for index in range(len(rows))]
    amounts.append(_value(view, (*path, "amount")))
    found = [each for each in amounts if each is not None and each > 0]
    return min(found, default=None)


def _instalments(view: ItemView, benefit: Mapping[str, Any]) -> Iterator[Problem]:
    instalments: Sequence[Mapping[str, Any]] = benefit.get("instalments") or ()
    ratios = [_value(view, ("benefit", "instalments", index, "ratio")) for index in range(len(instalments))]
    total = sum((each for each in ratios if each is not None), Decimal(0))
    if ratios and all(each is not None for each in ratios) and total != 1:
        yield view.finding(
            "instalments-sum",
            ("benefit", "instalments"),
            f"the instalments add up to {plain(total)} of the amount, not to 1; mend the ratios",
            f"各期比例之和为 {plain(total)}，应为 1，请更正",
            text=plain(total),
        )


def _quota(view: ItemView) -> Iterator[Problem]:
    quota = view.data.get("quota")
    if quota and quota.get("rank_by") is None:
        yield view.finding(
            "quota-unranked",
            ("quota",),
            f"only {plain(Decimal(quota['count']))} are served, but nothing says who comes first; add rank_by",
            f"名额为 {plain(Decimal(quota['count']))} 个，但未写明如何排序，请补充 rank_by",
            text=str(quota["count"]),
        )


def _funds(view: ItemView, before_caps: Bounds) -> Iterator[Problem]:
    least = before_caps.low
    for index in range(len(view.data["benefit"].get("caps") or ())):
        cap = _value(view, ("benefit", "caps", index, "amount"))
        least = min(least, cap) if cap is not None else Decimal("-Infinity")
    if not least.is_finite() or least <= 0:
        return
    for key, code, word, word_zh in (
        ("budget", "budget-too-small", "budget", "预算"),
        ("pool", "pool-too-small", "pool", "资金池"),
    ):
        total = _value(view, (key, "amount"))
        pro_rata = key == "pool" and (view.data.get("pool") or {}).get("sharing", "pro rata") == "pro rata"
        if total is not None and total < least and not pro_rata:
            yield view.finding(
                code,
                (key, "amount"),
                f"the {word} of {plain(total)} yuan does not pay a single "
                f"amount of {plain(least)} yuan; check the unit",
                f"{word_zh} {plain(total)} 元不足以支付一笔 {plain(least)} 元，请核对单位",
                text=plain(total),
            )


__all__ = ["check_payment"]
