"""Scenarios: facts in, outcome and amount out, written beside the item so that a lawyer can read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from yingshang.rules.errors import PolicyError
from yingshang.rules.feel.exchange import from_json
from yingshang.rules.feel.temporal import Date, parse_date
from yingshang.rules.feel.values import Unknown
from yingshang.rules.policy.catalogue import Fact, FactCatalogue
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.decide import Decision, Outcome, Payment, RowEvaluator
from yingshang.rules.policy.document import Item


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One scenario of an item: `differences` is empty if everything came out as written."""

    item: Item
    name: str
    decision: Decision | None
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.differences


def run_scenarios(item: Item, catalogue: FactCatalogue | None, as_of: Date) -> Iterator[ScenarioResult]:
    """Every scenario of an item. `as_of` is the day where a scenario names none."""
    for index, scenario in enumerate(item.data.get("scenarios") or ()):
        name = str(scenario["name"])
        day = scenario.get("as_of") or as_of
        day = day if isinstance(day, Date) else parse_date(str(day)) or as_of
        replaced = scenario.get("parameters") or {}
        stray = next((key for key in replaced if key not in _parameters(item)), None)
        if stray is not None:
            place = item.place("scenarios", index, "parameters", stray)
            known = ", ".join(_parameters(item)) or "none"
            yield ScenarioResult(
                item, name, None, (f"{place}: there is no parameter {stray!r}; known are {known}",)
            )
            continue
        compiled = compile_items([item], catalogue, day, replaced)
        if compiled.problems:
            yield ScenarioResult(item, name, None, tuple(str(each) for each in compiled.problems))
            continue
        try:
            facts = facts_from_data(scenario["facts"], catalogue, day)
        except PolicyError as error:
            place = item.place("scenarios", index, "facts")
            yield ScenarioResult(item, name, None, (f"{place}: {error.message}",))
            continue
        program = compiled.programs[0]
        decision = RowEvaluator([program], catalogue).decide(program, facts)
        yield ScenarioResult(item, name, decision, tuple(_differences(scenario, decision)))


def _state(payment: Payment) -> str:
    if payment.due is not Outcome.TRUE:
        return "lost" if payment.due is Outcome.FALSE else "unknown"
    return {Outcome.TRUE: "due", Outcome.FALSE: "later"}.get(payment.payable, "unknown")


def _parameters(item: Item) -> list[str]:
    return [str(each["name"]) for each in item.data.get("parameters") or ()]


def _differences(scenario: Mapping[str, Any], decision: Decision) -> Iterator[str]:
    if decision.outcome != scenario["outcome"]:
        reason = decision.reason.failure.message if decision.reason.failure else ", ".join(decision.missing)
        yield f"outcome: expected {scenario['outcome']}, got {decision.outcome}" + (
            f" ({reason})" if reason else ""
        )
    if "amount" in scenario:
        got = decision.amount.value if decision.amount else None
        expected = scenario["amount"]
        if (got is None) != (expected is None) or (got is not None and got != expected):
            why = ""
            if decision.amount is not None and decision.amount.failure is not None:
                why = f" ({decision.amount.failure.message})"
            elif decision.amount is not None and decision.amount.missing:
                why = f" (missing {', '.join(decision.amount.missing)})"
            yield f"amount: expected {expected}, got {got}{why}"
    for name in scenario.get("missing") or ():
        known = {*decision.missing, *(decision.amount.missing if decision.amount else ())}
        if name not in known:
            yield f"missing: expected {name} among {', '.join(sorted(known)) or 'nothing'}"
    states = {each.id: _state(each) for each in decision.payments}
    for key, state in (scenario.get("payments") or {}).items():
        if states.get(key) != state:
            yield f"payments: expected {key} {state}, got {states.get(key)}"
    for key, parts in (("recipients", decision.recipients), ("shares", decision.shares)):
        for who, amount in (scenario.get(key) or {}).items():
            got = dict(parts).get(who)
            if got is None or got != Decimal(amount):
                yield f"{key}: expected {who} {amount}, got {got}"


def facts_from_data(data: Mapping[str, Any], catalogue: FactCatalogue | None, day: Date) -> dict[str, Any]:
    """Facts as written in YAML or JSON, by code or Chinese name, as columns with FEEL values.

    A fact written as null is unknown. Raises PolicyError for a name that is no fact and a value of the wrong type.
    """
    facts: dict[str, Any] = {}
    for name, value in data.items():
        if value is None:
            continue
        if catalogue is None:
            facts[name] = from_json(value)
            continue
        column = catalogue.column(name, day.year)
        if column is None:
            close = catalogue.suggestions(name)
            raise PolicyError(
                f"there is no fact {name!r}" + (f"; did you mean {' or '.join(close)}?" if close else ""),
                message_zh=f"没有名为“{name}”的事实" + (f"，是否为 {'、'.join(close)}？" if close else ""),
                text=name,
            )
        fact = catalogue.find(name)
        assert fact is not None
        facts[column] = _typed(value, fact, column)
    return facts


_PYTHON_TYPES: dict[str, type] = {"number": Decimal, "string": str, "boolean": bool, "date": Date}


def _typed(value: Any, fact: Fact, name: str) -> Any:
    kind = fact.type
    if kind == "any":
        return value
    if kind == "date" and isinstance(value, str):
        value = parse_date(value)
    if kind == "string" and isinstance(value, Decimal):
        value = format(value, "f")
    if kind.startswith("list") and isinstance(value, list):
        if kind == "list<context>":
            return [_line(each, fact, f"{name}[{index}]") for index, each in enumerate(value, start=1)]
        inner = Fact(fact.code, fact.name, kind[5:-1])
        return [_typed(each, inner, name) for each in value]
    if kind == "context" and isinstance(value, dict):
        return _line(value, fact, name)
    if kind not in _PYTHON_TYPES or not isinstance(value, _PYTHON_TYPES[kind]):
        raise PolicyError(
            f"{name} is a {kind}, not {value!r}",
            message_zh=f"“{name}”的类型应为 {kind}，而不是 {value}",
            text=name,
        )
    return value


def _line(value: Any, fact: Fact, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PolicyError(
            f"{name} is one line: fields and values", message_zh=f"“{name}”应为字段与值", text=name
        )
    fields = {label: each for each in fact.fields for label in (each.code, each.name)}
    # A field that the catalogue declares and the line does not have is unknown, not a name from further out.
    line: dict[str, Any] = {each.code: Unknown.fact(f"{name}.{each.code}") for each in fact.fields}
    for key, each in value.items():
        if fields and key not in fields:
            raise PolicyError(
                f"{name} has no field {key!r}; it has {', '.join(field.code for field in fact.fields)}",
                message_zh=f"“{name}”没有字段“{key}”",
                text=key,
            )
        if each is not None:
            code = fields[key].code if fields else key
            line[code] = _typed(each, fields[key], f"{name}.{code}") if fields else each
    return line
