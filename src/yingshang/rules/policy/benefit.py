"""What is paid, as one FEEL tree: formula, bands, tables, lines, parts, differences, caps and rounding written out.

One tree serves the row evaluator, the column evaluator and the explanation, so that all three pay the same fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from yingshang.rules.dmn.document import parse_table
from yingshang.rules.errors import PolicyError
from yingshang.rules.feel import syntax
from yingshang.rules.feel.parser import parse_expression, parse_unary_tests
from yingshang.rules.feel.syntax import Literal, Node
from yingshang.rules.policy import bounds
from yingshang.rules.policy.marked_yaml import Path
from yingshang.rules.policy.resolve import Resolver, from_template, map_children, ratio

UNITS = {"元": Decimal(1), "万元": Decimal(10_000)}


@dataclass(frozen=True, slots=True)
class Instalment:
    """One payment. `amount` in yuan; part of the whole if `when` holds (None: always), paid once `payable` holds."""

    id: str
    text: str
    amount: Node
    when: Node | None
    after: str | None
    payable: Node | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the amount, borne by a payer or due to a recipient. Shares of one kind add up to 1."""

    who: str
    ratio: Node
    text: str


@dataclass(frozen=True, slots=True)
class Benefit:
    """What an item gives.

    `amount` is the whole amount in yuan, None if no money is given. Where it is unknown, `floor` is what is paid in
    any case and `ceiling` the most that can be paid (None: not known).
    """

    amount: Node | None
    floor: Node | None
    ceiling: Node | None
    instalments: tuple[Instalment, ...] = ()
    shares: tuple[Share, ...] = ()
    recipients: tuple[Share, ...] = ()
    grants: str | None = None


class BenefitBuilder:
    """Builds the Benefit of one item. Errors carry the path of the field in `path`."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.path: Path = ()

    def build(self, data: Mapping[str, Any]) -> Benefit:
        """From the item's `benefit`."""
        self.path = ("benefit",)
        written = tuple(
            self._instalment(each, index, data) for index, each in enumerate(data.get("instalments") or ())
        )
        amount = self._amount(data, ("benefit",))
        shares = tuple(self._shares(data.get("shares") or (), "payer", "shares"))
        recipients = tuple(self._recipients(data))
        self.path = ("benefit", "instalments")
        by_amount = bool(written) and all("amount" in each for each in data["instalments"])
        if written and by_amount is (amount is not None):
            raise PolicyError(
                "instalments either share the benefit's amount by ratio, or have amounts that make it up",
                message_zh="分期要么按比例分配总额（ratio），要么各自写明金额（amount）而不另写总额",
            )
        if by_amount:
            amount = self._total([_if_due(each) for each in written])
        if amount is None:
            if not data.get("grants"):
                self.path = ("benefit",)
                raise PolicyError(
                    "a benefit has an amount, bands, table, lines, parts or instalments; or says what it grants",
                    message_zh="benefit 应有 amount、bands、table、lines、parts、instalments 之一，"
                    "或用 grants 写明给予什么",
                )
            return Benefit(None, None, None, written, shares, recipients, data.get("grants"))
        whole = self._limited(amount, data)
        instalments = written if by_amount else tuple(_of_whole(each, whole) for each in written)
        conditional = any(each.when is not None for each in instalments)
        if conditional and not by_amount:
            amount = self._rounded(self._total([_if_due(each) for each in instalments]), data)
        else:
            amount = self._rounded(whole, data)
        sure = [each.amount for each in instalments if each.when is None]
        floor: Node | None = None
        if conditional and sure:
            floor = self._total(sure)
            floor = self._rounded(self._limited(floor, data) if by_amount else floor, data)
        low, high = bounds.least(amount), bounds.most(amount)
        if floor is None and low is not None and low > 0:
            floor = Literal(low)
        ceiling = Literal(high) if high is not None else self._ceiling(data.get("caps") or ())
        return Benefit(amount, floor, ceiling, instalments, shares, recipients, data.get("grants"))

    def _limited(self, amount: Node, data: Mapping[str, Any]) -> Node:
        """Less what was received, and within the caps."""
        for index, cap in enumerate(data.get("caps") or ()):
            if cap.get("per") == "line":
                self.path = ("benefit", "caps", index)
                raise PolicyError(
                    "a cap on each line stands in lines as `cap`; here it would limit the whole amount",
                    message_zh="每一笔的上限请写在 lines 的 cap 中；写在这里会限制总额",
                )
        if data.get("less") is not None:
            amount = _taken_off(amount, self._expression(data["less"], "less"))
        return self._capped(amount, data.get("caps") or (), ("benefit", "caps"))

    # --- the ways to say an amount --------------------------------------------------------------------------------

    def _amount(self, data: Mapping[str, Any], path: Path, unit: str = "元") -> Node | None:
        """The amount in yuan. `unit` is that of what is around; a rate applied to yuan gives yuan whatever the unit."""
        unit = str(data.get("unit", unit))
        ways = [key for key in ("amount", "bands", "table", "lines", "parts") if data.get(key) is not None]
        self.path = path
        if len(ways) > 1:
            raise PolicyError(
                f"an amount is said in one way; here are {' and '.join(ways)}",
                message_zh=f"金额只能用一种方式表示，此处同时有 {'、'.join(ways)}",
            )
        if not ways:
            return None
        way = ways[0]
        self.path = (*path, way)
        if way == "amount":
            return _in_yuan(self.resolver.parse(data["amount"]), unit)
        if way == "bands":
            return self._bands(data["bands"], self.path, unit)
        if way == "table":
            return _in_yuan(self.resolver.resolve(parse_table(data["table"], self.resolver.names)), unit)
        if way == "lines":
            return _in_yuan(self._lines(data["lines"], self.path), unit)
        return self._parts(data, self.path, unit)

    def _expression(self, written: Any, *path: str | int, line: str | None = None) -> Node:
        self.path = ("benefit", *path) if not path or path[0] != "benefit" else path
        return self.resolver.parse(ratio(written), line=line)

    def _bands(self, data: Mapping[str, Any], path: Path, unit: str) -> Node:
        by = self._expression(data["by"], *path, "by")
        of = self._expression(data["of"], *path, "of") if data.get("of") is not None else by
        progressive = data.get("mode") == "progressive"
        result: Node = (
            _in_yuan(self._expression(data["otherwise"], *path, "otherwise"), unit)
            if data.get("otherwise") is not None
            else Literal(Decimal(0))
        )
        slices: list[Node] = []
        for index, row in reversed(list(enumerate(data["rows"]))):
            where = (*path, "rows", index)
            self.path = (*where, "within")
            tests = parse_unary_tests(str(row["within"]), self.resolver.names).tests
            resolved = tuple(self.resolver.resolve(each) for each in tests)
            if row.get("amount") is not None:
                if progressive:
                    self.path = (*where, "amount")
                    raise PolicyError(
                        "a progressive band has a rate: every slice is added up, and an amount would be paid to all",
                        message_zh="超额累进的每一档应写 rate：各档相加，写 amount 会使所有人都得到",
                    )
                value = _in_yuan(self._expression(row["amount"], *where, "amount"), unit)
            elif row.get("rate") is not None:
                rate = self._expression(row["rate"], *where, "rate")
                base = self._slice(of, resolved, where) if progressive else of
                value = from_template("甲 * 乙", 甲=base, 乙=rate)
            else:
                raise PolicyError("a band has a rate or an amount", message_zh="每一档应有 rate 或 amount")
            if row.get("cap") is not None:
                cap = _in_yuan(self._expression(row["cap"], *where, "cap"), unit)
                value = from_template("min(甲, 乙)", 甲=value, 乙=cap)
            if progressive:
                slices.append(value)
            else:
                result = syntax.If(syntax.In(by, resolved), value, result)
        return self._total(slices[::-1]) if progressive else result

    def _slice(self, of: Node, tests: tuple[Node, ...], path: Path) -> Node:
        """How much of `of` lies within a band."""
        test = tests[0] if len(tests) == 1 else None
        if isinstance(test, syntax.RangeLiteral):
            return from_template("max(0, min(甲, 乙) - 丙)", 甲=of, 乙=test.high, 丙=test.low)
        if isinstance(test, syntax.UnaryTest) and test.operator in (">", ">="):
            return from_template("max(0, 甲 - 丙)", 甲=of, 丙=test.operand)
        if isinstance(test, syntax.UnaryTest) and test.operator in ("<", "<="):
            return from_template("min(甲, 乙)", 甲=of, 乙=test.operand)
        self.path = (*path, "within")
        raise PolicyError(
            "a progressive band is one range such as (1000000..5000000] or > 5000000",
            message_zh="超额累进的每一档应为一个区间，如 (1000000..5000000] 或 > 5000000",
        )

    def _recipients(self, data: Mapping[str, Any]) -> list[Share]:
        """Who gets it: ratios of the whole, or of each line weighted by the line's amount."""
        each_line = (data.get("lines") or {}).get("recipients")
        if each_line is None:
            return self._shares(data.get("recipients") or (), "who", "recipients")
        self.path = ("benefit", "recipients")
        if data.get("recipients") is not None:
            raise PolicyError(
                "recipients are said of the whole or of each line, not both",
                message_zh="recipients 只能写在 benefit 或 lines 之一",
            )
        path: Path = ("benefit", "lines")
        self._check_ratios(
            [self._line_ratio(data["lines"], index, path) for index in range(len(each_line))],
            (*path, "recipients"),
        )
        whole = self._lines(data["lines"], path)
        return [
            Share(
                str(each["who"]),
                from_template(
                    "if 甲 = 0 then 丙 else 乙 / 甲",
                    甲=whole,
                    乙=self._lines(data["lines"], path, recipient=index),
                    # Of nothing everybody gets nothing; the first takes it, so that the ratios add up.
                    丙=Literal(Decimal(index == 0)),
                ),
                str(each.get("text", "")),
            )
            for index, each in enumerate(each_line)
        ]

    def _line_ratio(self, data: Mapping[str, Any], index: int, path: Path) -> Node:
        ratio_path = (*path, "recipients", index, "ratio")
        return self._expression(
            data["recipients"][index]["ratio"], *ratio_path, line=str(data.get("as") or "line")
        )

    def _lines(self, data: Mapping[str, Any], path: Path, recipient: int | None = None) -> Node:
        """The sum of the lines; of what one recipient gets of each, if `recipient` is given."""
        name = str(data.get("as") or "line")
        source = self._expression(data["of"], *path, "of")
        if data.get("where") is not None:
            self.path = (*path, "where")
            # In a filter the line itself is `item`; whoever gave it a name may use that.
            where = _renamed(_parsed(self.resolver, data["where"]), name, "item")
            marker = syntax.Filter(Literal(None), where)
            resolved = self.resolver.resolve(marker)
            assert isinstance(resolved, syntax.Filter)
            source = syntax.Filter(source, resolved.condition)
        amount = self._expression(data["amount"], *path, "amount", line=name)
        if data.get("cap") is not None:
            amount = from_template(
                "min(甲, 乙)", 甲=amount, 乙=self._expression(data["cap"], *path, "cap", line=name)
            )
        if recipient is not None:
            if data.get("most") is not None:
                self.path = (*path, "most")
                raise PolicyError(
                    "lines with recipients cannot be limited to the highest",
                    message_zh="写明 recipients 的 lines 不能再写 most",
                )
            amount = from_template("甲 * 乙", 甲=amount, 乙=self._line_ratio(data, recipient, path))
        each = syntax.For((syntax.Iterator_(name, source),), amount)
        if data.get("most") is None:
            return from_template("sum(concatenate([0], 甲))", 甲=each)
        ordered = from_template("sort(甲, function(一, 二) 一 > 二)", 甲=each)
        return from_template(
            "if count(甲) = 0 then 0 else sum(sublist(甲, 1, min(乙, count(甲))))",
            甲=ordered,
            乙=self._expression(data["most"], *path, "most"),
        )

    def _parts(self, data: Mapping[str, Any], path: Path, unit: str) -> Node:
        amounts: list[Node] = []
        for index, part in enumerate(data["parts"]):
            where = (*path, index)
            amount = self._amount(part, where, unit)
            if amount is None:
                raise PolicyError(
                    "a part has an amount, bands, table or lines", message_zh="每一部分应写明金额"
                )
            amount = self._capped(amount, part.get("caps") or (), (*where, "caps"))
            if part.get("when") is not None:
                amount = _if(self._expression(part["when"], *where, "when"), amount)
            amounts.append(amount)
        if data.get("combine") == "highest":
            return syntax.Call(syntax.Name("max"), (syntax.ListLiteral(tuple(amounts)),))
        return self._total(amounts)

    # --- around the amount ----------------------------------------------------------------------------------------

    def _total(self, amounts: list[Node]) -> Node:
        if len(amounts) == 1:
            return amounts[0]
        return syntax.Call(syntax.Name("sum"), (syntax.ListLiteral(tuple(amounts)),))

    def _capped(self, amount: Node, caps: Any, path: Path) -> Node:
        for index, cap in enumerate(caps):
            amount = from_template("min(甲, 乙)", 甲=amount, 乙=self._cap(cap, (*path, index)))
        return amount

    def _cap(self, cap: Mapping[str, Any], path: Path) -> Node:
        limit = self._expression(cap["amount"], *path, "amount")
        factor = UNITS[str(cap.get("unit", "元"))]
        if factor != 1:
            limit = from_template("甲 * 乙", 甲=limit, 乙=Literal(factor))
        if cap.get("used") is not None:
            limit = _taken_off(limit, self._expression(cap["used"], *path, "used"))
        return limit

    def _ceiling(self, caps: Any) -> Node | None:
        limits = [
            self._cap({key: value for key, value in cap.items() if key != "used"}, ("benefit", "caps", index))
            for index, cap in enumerate(caps)
        ]
        if not limits:
            return None
        return (
            limits[0]
            if len(limits) == 1
            else syntax.Call(syntax.Name("min"), (syntax.ListLiteral(tuple(limits)),))
        )

    def _rounded(self, amount: Node, data: Mapping[str, Any]) -> Node:
        """To the fen, half up, unless the document says otherwise."""
        rule = data.get("rounding") or {}
        mode = str(rule.get("mode", "half up"))
        function = "decimal" if mode == "half even" else f"round {mode}"
        scale = Literal(Decimal(int(rule.get("scale", 2))))
        return syntax.Call(syntax.Name(function), (amount, scale))

    def _instalment(self, data: Mapping[str, Any], index: int, benefit: Mapping[str, Any]) -> Instalment:
        path = ("benefit", "instalments", index)
        if (data.get("ratio") is None) == (data.get("amount") is None):
            self.path = path
            raise PolicyError(
                "an instalment has a ratio or an amount", message_zh="每一期应有 ratio 或 amount 之一"
            )
        key = "ratio" if data.get("ratio") is not None else "amount"
        amount = self._expression(data[key], *path, key)
        if key == "amount":
            amount = _in_yuan(amount, str(benefit.get("unit", "元")))
        when = self._expression(data["when"], *path, "when") if data.get("when") is not None else None
        payable = (
            self._expression(data["payable"], *path, "payable") if data.get("payable") is not None else None
        )
        return Instalment(
            str(data["id"]), str(data.get("text", "")), amount, when, data.get("after"), payable
        )

    def _shares(self, data: Any, who: str, field: str) -> list[Share]:
        shares = [
            Share(
                str(each[who]),
                self._expression(each["ratio"], "benefit", field, index, "ratio"),
                str(each.get("text", "")),
            )
            for index, each in enumerate(data)
        ]
        self._check_ratios([each.ratio for each in shares], ("benefit", field))
        return shares

    def _check_ratios(self, ratios: list[Node], path: Path) -> None:
        """Ratios that are written out must add up to 1."""
        values = [
            each.value for each in ratios if isinstance(each, Literal) and isinstance(each.value, Decimal)
        ]
        self.path = path
        if ratios and len(values) == len(ratios) and sum(values) != 1:
            raise PolicyError(
                f"these ratios add up to {sum(values)}, not to 1",
                message_zh=f"各方比例之和为 {sum(values)}，应为 1",
            )


def _renamed(node: Node, old: str, new: str) -> Node:
    if node == syntax.Name(old):
        return syntax.Name(new, start=node.start, end=node.end)
    return map_children(node, lambda each: _renamed(each, old, new))


def _taken_off(amount: Node, taken: Node) -> Node:
    """What is left, nothing at least; and never more than there was, whatever is not known of what was taken."""
    return from_template("min(甲, max(0, 甲 - 乙))", 甲=amount, 乙=taken)


def _in_yuan(amount: Node, unit: str) -> Node:
    factor = UNITS[unit]
    return amount if factor == 1 else from_template("甲 * 乙", 甲=amount, 乙=Literal(factor))


def _of_whole(instalment: Instalment, whole: Node) -> Instalment:
    """An instalment by ratio, as an amount."""
    return replace(instalment, amount=from_template("甲 * 乙", 甲=whole, 乙=instalment.amount))


def _if_due(instalment: Instalment) -> Node:
    return instalment.amount if instalment.when is None else _if(instalment.when, instalment.amount)


def _if(condition: Node | None, amount: Node) -> Node:
    assert condition is not None
    return syntax.If(condition, amount, Literal(Decimal(0)))


def _parsed(resolver: Resolver, written: Any) -> Node:
    return parse_expression(written, resolver.names) if isinstance(written, str) else Literal(written)
