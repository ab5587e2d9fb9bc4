"""From items as written to programs that can be evaluated on a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from yingshang.rules.dmn.document import parse_table
from yingshang.rules.errors import DomainError, ExpressionError
from yingshang.rules.feel.evaluate import Mode, Scope, compile_expression
from yingshang.rules.feel.syntax import And, Iterator_, Literal, Node, Or, Quantified
from yingshang.rules.feel.temporal import Date, compare, parse_date
from yingshang.rules.policy.benefit import UNITS, Benefit, BenefitBuilder
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.document import Item, Problem
from yingshang.rules.policy.marked_yaml import Path
from yingshang.rules.policy.order import reading_order
from yingshang.rules.policy.requirement import All, AtLeast, Condition, Not, Requirement
from yingshang.rules.policy.resolve import Period, Resolver, on_day

EFFECTIVE = "生效期"


@dataclass(frozen=True, slots=True)
class Clause:
    """What a condition says in words, and where in the document. `dated` is its tree before the day was filled in."""

    id: str
    text: str
    clause: str | None = None
    evidence: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    dated: Node | None = None
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure of the law as of the day: its value, None where none is in force, and its source."""

    name: str
    value: Any
    unit: str | None
    source: str | None
    since: Date | None


@dataclass(frozen=True, slots=True)
class Quota:
    count: int
    rank_by: Node | None
    descending: bool


@dataclass(frozen=True, slots=True)
class Pool:
    """`amount` in yuan, shared pro rata or first come."""

    amount: Node
    pro_rata: bool


@dataclass(frozen=True, slots=True)
class Stacking:
    """Items of one `group` are not paid together. Topping up has taken off what was received in the group already."""

    group: str


@dataclass(frozen=True)
class Program:
    """An item as of a day, ready to be evaluated."""

    item: Item
    as_of: Date
    in_force: bool
    requirement: Requirement
    benefit: Benefit
    clauses: Mapping[str, Clause]
    parameters: tuple[Parameter, ...] = ()
    quota: Quota | None = None
    pool: Pool | None = None
    stacking: Stacking | None = None
    excludes: tuple[str, ...] = ()
    budget: Decimal | None = None
    window_open: bool | None = None

    @property
    def id(self) -> str:
        return self.item.id

    @property
    def name(self) -> str:
        return self.item.name


@dataclass
class Compilation:
    """The programs of a set of items, and why others could not be compiled."""

    programs: list[Program] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def compile_items(
    items: list[Item],
    catalogue: FactCatalogue | None,
    as_of: Date,
    parameters: Mapping[str, Any] | None = None,
) -> Compilation:
    """The program of every item that compiles; a Problem for every other, naming it and the place.

    `parameters` replace the figures of parameters of these names, to ask what if.
    """
    result = Compilation()
    for item in items:
        try:
            result.programs.append(compile_item(item, catalogue, as_of, parameters))
        except _Misplaced as misplaced:
            result.problems.append(misplaced.problem)
    return result


def compile_item(
    item: Item,
    catalogue: FactCatalogue | None,
    as_of: Date,
    parameters: Mapping[str, Any] | None = None,
) -> Program:
    """The program of one item. Raises what `compile_items` reports."""
    return _ItemCompiler(item, catalogue, as_of, parameters or {}).compile()


class _Misplaced(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _ItemCompiler:
    def __init__(
        self, item: Item, catalogue: FactCatalogue | None, as_of: Date, replaced: Mapping[str, Any]
    ) -> None:
        self.item = item
        self.data = item.data
        self.as_of = as_of
        self.path: Path = ()
        self.clauses: dict[str, Clause] = {}
        self.replaced = replaced
        self.catalogue = catalogue
        self.parameters: tuple[Parameter, ...] = ()

    def compile(self) -> Program:
        try:
            return self._compile()
        except DomainError as error:
            raise _Misplaced(self._problem(error)) from error

    def _prepare(self) -> None:
        """Parameters as of the day, and what names there are."""
        self.path = ("parameters",)
        self.parameters = tuple(self._parameter(each) for each in self.data.get("parameters") or ())
        names = {each.name for each in self.parameters}
        names |= set(self.data.get("definitions") or ()) | set(self.data.get("tables") or ())
        values = {each.name: each.value for each in self.parameters}
        periods = {each["name"]: self._periods(each) for each in self.data.get("parameters") or ()}
        self.resolver = Resolver(self.catalogue, self.as_of.year, values, frozenset(names), periods)
        self.benefits = BenefitBuilder(self.resolver)

    def _compile(self) -> Program:
        data = self.data
        self._prepare()
        for kind, name in reading_order(data, self.resolver.names):
            self.path = (kind, name)
            if kind == "tables":
                table = parse_table(data[kind][name], self.resolver.names)
                self.resolver.definitions[name] = self.resolver.resolve(table)
            else:
                self.resolver.definitions[name] = self._expression(data[kind][name], kind, name)
        self.path = ("effective",)
        in_force = _within(self.as_of, data.get("effective"))
        parts: list[Requirement] = []
        if not in_force:
            parts.append(Condition(EFFECTIVE, Literal(False)))
            self.clauses[EFFECTIVE] = Clause(EFFECTIVE, self._effective_text(), path=("effective",))
        for index, each in enumerate(data["conditions"]):
            parts.append(self._condition(each, ("conditions", index), f"c{index + 1}"))
        for index, each in enumerate(data.get("exclusions") or ()):
            excluded = self._condition(each, ("exclusions", index), f"x{index + 1}")
            label = f"not:{excluded.id}"
            self.clauses[label] = Clause(
                label, f"不属于：{self.clauses[excluded.id].text}", path=("exclusions", index)
            )
            parts.append(Not(label, excluded))
        self.path = ("windows",)
        windows = [_within(self.as_of, each) for each in data.get("windows") or ()]
        self.path = ("benefit",)
        built = self._at_benefit(lambda: self.benefits.build(self._benefit_data()))
        return Program(
            item=self.item,
            as_of=self.as_of,
            in_force=in_force,
            requirement=All("all", tuple(parts)),
            benefit=self._dated_benefit(built),
            clauses=self.clauses,
            parameters=self.parameters,
            quota=self._quota(),
            pool=self._pool(),
            stacking=self._stacking(),
            excludes=tuple(str(each) for each in data.get("excludes") or ()),
            budget=self._constant(data["budget"]["amount"], "budget", "amount")
            if data.get("budget")
            else None,
            window_open=any(windows) if windows else None,
        )

    # --- parts ----------------------------------------------------------------------------------------------------

    def _benefit_data(self) -> Mapping[str, Any]:
        """The benefit; topping up takes off what was received in the group, as `less` does."""
        benefit: Mapping[str, Any] = self.data["benefit"]
        stacking = self.data.get("stacking") or {}
        if stacking.get("rule") != "top up" or stacking.get("received") is None:
            return benefit
        if benefit.get("less") is not None:
            raise DomainError(
                "what was received is taken off once: by benefit.less or by stacking.received",
                message_zh="已获金额只能扣减一次：写在 benefit.less 或 stacking.received 之一",
            )
        return {**benefit, "less": stacking["received"]}

    def _condition(self, data: Mapping[str, Any], path: Path, default_id: str) -> Requirement:
        self.path = path
        identifier = str(data.get("id") or default_id)
        if identifier in self.clauses:
            raise DomainError(
                f"the condition id {identifier!r} is used twice in this item",
                message_zh=f"条件编号“{identifier}”在本事项中重复",
                text=identifier,
            )
        text = str(data.get("text") or data.get("when") or "")
        dated: Node | None = None
        if "when" in data:
            dated = self._expression(data["when"], *path, "when")
        elif "meets" in data:
            dated = self._on_one_line(data, path)
        self.clauses[identifier] = Clause(
            identifier,
            text,
            data.get("clause"),
            tuple(str(each) for each in data.get("evidence") or ()),
            tuple(str(each) for each in data.get("materials") or ()),
            dated,
            path,
        )
        if dated is not None:
            return Condition(identifier, on_day(dated, self.as_of))
        if "not" in data:
            return Not(identifier, self._condition(data["not"], (*path, "not"), f"{identifier}.not"))
        key = next(key for key in ("all", "any", "of") if key in data)
        parts = tuple(
            self._condition(each, (*path, key, index), f"{identifier}.{index + 1}")
            for index, each in enumerate(data[key])
        )
        if key == "all":
            return All(identifier, parts)
        needed = 1 if key == "any" else int(data["at_least"])
        if needed > len(parts):
            self.path = (*path, "at_least")
            raise DomainError(
                f"at least {needed} of {len(parts)} can never hold",
                message_zh=f"{len(parts)} 项中不可能满足 {needed} 项",
                text=str(needed),
            )
        return AtLeast(identifier, needed, parts)

    def _on_one_line(self, data: Mapping[str, Any], path: Path) -> Node:
        """`some: products, meets: […]` as one tree: all of it is asked of the same line."""
        key = "some" if "some" in data else "every"
        name = str(data.get("as") or "line")
        source = self._expression(data[key], *path, key)
        parts = tuple(
            self._line_condition(each, (*path, "meets", index), name)
            for index, each in enumerate(data["meets"])
        )
        condition = parts[0] if len(parts) == 1 else And(parts)
        return Quantified(key == "some", (Iterator_(name, source),), condition)

    def _line_condition(self, data: Mapping[str, Any], path: Path, line: str) -> Node:
        if "when" in data:
            self.path = (*path, "when")
            return self.resolver.parse(data["when"], line=line)
        key = "all" if "all" in data else "any"
        parts = tuple(
            self._line_condition(each, (*path, key, index), line) for index, each in enumerate(data[key])
        )
        return And(parts) if key == "all" else Or(parts)

    def _parameter(self, data: Mapping[str, Any]) -> Parameter:
        if data["name"] in self.replaced:
            return Parameter(str(data["name"]), self.replaced[data["name"]], data.get("unit"), None, None)
        current = None
        for each in data.get("values") or ():
            if _within(self.as_of, each):
                start = _day(each.get("from"))
                if current is None or start is None or current[0] is None or compare(start, current[0]) == 1:
                    current = (start, each)
        if current is None:
            return Parameter(str(data["name"]), None, data.get("unit"), data.get("source"), None)
        start, chosen = current
        return Parameter(
            str(data["name"]),
            chosen["value"],
            data.get("unit"),
            chosen.get("source") or data.get("source"),
            start,
        )

    def _periods(self, data: Mapping[str, Any]) -> list[Period]:
        if data["name"] in self.replaced:
            return [(None, None, self.replaced[data["name"]])]
        return [
            (_day(each.get("from")), _day(each.get("to")), each["value"]) for each in data.get("values") or ()
        ]

    def _dated_benefit(self, built: Benefit) -> Benefit:
        def dated(tree: Node | None) -> Node | None:
            return None if tree is None else on_day(tree, self.as_of)

        return replace(
            built,
            amount=dated(built.amount),
            floor=dated(built.floor),
            ceiling=dated(built.ceiling),
            instalments=tuple(
                replace(
                    each,
                    amount=on_day(each.amount, self.as_of),
                    when=dated(each.when),
                    payable=dated(each.payable),
                )
                for each in built.instalments
            ),
            shares=tuple(replace(each, ratio=on_day(each.ratio, self.as_of)) for each in built.shares),
            recipients=tuple(
                replace(each, ratio=on_day(each.ratio, self.as_of)) for each in built.recipients
            ),
        )

    def _quota(self) -> Quota | None:
        data = self.data.get("quota")
        if not data:
            return None
        rank_by = (
            self._dated(data["rank_by"], "quota", "rank_by") if data.get("rank_by") is not None else None
        )
        return Quota(int(data["count"]), rank_by, data.get("order", "descending") == "descending")

    def _pool(self) -> Pool | None:
        data = self.data.get("pool")
        if not data:
            return None
        amount = self._constant(data["amount"], "pool", "amount") * UNITS[str(data.get("unit", "元"))]
        return Pool(Literal(amount), data.get("sharing", "pro rata") == "pro rata")

    def _stacking(self) -> Stacking | None:
        data = self.data.get("stacking")
        if not data:
            return None
        return Stacking(str(data["group"]))

    # --- expressions ----------------------------------------------------------------------------------------------

    def _expression(self, written: Any, *path: str | int) -> Node:
        self.path = path
        return self.resolver.parse(written)

    def _dated(self, written: Any, *path: str | int) -> Node:
        return on_day(self._expression(written, *path), self.as_of)

    def _constant(self, written: Any, *path: str | int) -> Decimal:
        """A number that is the same for everybody: parameters in force may stand in it, facts may not."""
        tree = self._dated(written, *path)
        value = compile_expression(tree, Mode.POLICY)(Scope({}))
        if not isinstance(value, Decimal):
            raise DomainError(
                "a number is needed here that does not depend on facts",
                message_zh="此处应为数字，且不能取决于事实",
                text=str(written),
            )
        return value

    def _at_benefit(self, build: Callable[[], Benefit]) -> Benefit:
        try:
            return build()
        except DomainError:
            self.path = self.benefits.path
            raise

    def _effective_text(self) -> str:
        period = self.data.get("effective") or {}
        return f"有效期 {period.get('from') or '…'} 至 {period.get('to') or '…'}"

    def _problem(self, error: DomainError) -> Problem:
        return problem_at(self.item, self.path, error)


def problem_at(item: Item, path: Path, error: DomainError) -> Problem:
    """What is wrong with a field of an item, at its place: within an expression, at the very character."""
    label = ".".join(str(each) for each in path)
    position = error.position if isinstance(error, ExpressionError) else error.details.get("position")
    written: Any = item.marked.data
    try:
        for step in (*item.path, *path):
            written = written[step]
    except (KeyError, IndexError, TypeError):
        written = None
    place = item.place(*path)
    if isinstance(written, str) and isinstance(position, int):
        place = item.marked.place_within((*item.path, *path), written, position)
    return Problem(
        error.code,
        f"{label}: {error.message}",
        f"{label}：{error.message_zh}",
        place,
        item.id,
        str(error.details.get("text", "")),
        expected=tuple(error.details.get("expected", ())),
    )


def _day(value: Any) -> Date | None:
    """A day as written. Raises DomainError for one that is not in the calendar: it must not become an open end."""
    if value is None or isinstance(value, Date):
        return value
    day = parse_date(str(value))
    if day is None:
        raise DomainError(
            f"{value} is no day of the calendar", message_zh=f"{value} 不是日历上的日期", text=str(value)
        )
    return day


def _within(day: Date, period: Mapping[str, Any] | None) -> bool:
    """Whether a day lies in a period, both ends included; an end left out is open."""
    if not period:
        return True
    start, end = _day(period.get("from")), _day(period.get("to"))
    return (start is None or compare(start, day) != 1) and (end is None or compare(day, end) != 1)
