"""What an item asks of each fact in any case, read off its conditions, so that two items can be compared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from yingshang.rules.feel.syntax import And, Between, Comparison, In, Literal, Name, Node
from yingshang.rules.policy.requirement import All, Condition, Requirement, conditions_of

EFFECTIVE = "生效期"
"""The id the compiler gives to the period of validity, which is no condition of the document."""

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


@dataclass(frozen=True, slots=True)
class Limits:
    """Between which numbers a fact has to lie, or which of some words it has to be. None: no limit on that side."""

    low: Decimal | None = None
    low_open: bool = False
    high: Decimal | None = None
    high_open: bool = False
    words: frozenset[str] | None = None

    def text(self) -> str:
        """As it is written in a formula."""
        parts = []
        if self.low is not None and self.low == self.high:
            parts.append(f"= {self.low:f}")
        else:
            if self.low is not None:
                parts.append(f"{'>' if self.low_open else '≥'} {self.low:f}")
            if self.high is not None:
                parts.append(f"{'<' if self.high_open else '≤'} {self.high:f}")
        if self.words is not None:
            parts.append("、".join(sorted(self.words)))
        return "，".join(parts) or "不限"

    def both(self, other: Limits) -> Limits:
        """What lies within this and within the other."""
        low, low_open = _tighter(self.low, self.low_open, other.low, other.low_open, largest=True)
        high, high_open = _tighter(self.high, self.high_open, other.high, other.high_open, largest=False)
        words = self.words if other.words is None else other.words
        if self.words is not None and other.words is not None:
            words = self.words & other.words
        return Limits(low, low_open, high, high_open, words)

    @property
    def impossible(self) -> bool:
        """Whether nothing lies within."""
        if self.words is not None and not self.words:
            return True
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def narrower_than(self, other: Limits) -> bool:
        """Whether some of what the other allows is refused here."""
        return self.both(other) != other


def limits_of(requirement: Requirement) -> Mapping[str, Limits]:
    """Column → what is asked of it whatever else holds: only of conditions that must hold in any case."""
    found: dict[str, Limits] = {}
    for tree in _mandatory(requirement):
        for name, limit in _read(tree):
            found[name] = found.get(name, Limits()).both(limit)
    return found


def asked(requirement: Requirement) -> frozenset[Node]:
    """Every single condition, for comparing what two items ask; how they are combined is left out."""
    return frozenset(
        part
        for each in conditions_of(requirement)
        if each.id != EFFECTIVE
        for part in (each.tree.operands if isinstance(each.tree, And) else (each.tree,))
    )


def _mandatory(requirement: Requirement) -> Iterator[Node]:
    if isinstance(requirement, Condition):
        if requirement.id != EFFECTIVE:
            yield requirement.tree
    elif isinstance(requirement, All):
        for part in requirement.parts:
            yield from _mandatory(part)


def _read(tree: Node) -> Iterator[tuple[str, Limits]]:
    match tree:
        case And(operands=operands):
            for each in operands:
                yield from _read(each)
        case Comparison(operator=operator, left=Name(name=name), right=Literal(value=value)):
            yield from _compared(name, operator, value)
        case Comparison(operator=operator, left=Literal(value=value), right=Name(name=name)):
            yield from _compared(name, _MIRRORED.get(operator, ""), value)
        case Between(value=Name(name=name), low=Literal(value=Decimal() as low), high=Literal(value=high)):
            if isinstance(high, Decimal):
                yield name, Limits(low=low, high=high)
        case In(value=Name(name=name), tests=tests):
            words = [
                each.value for each in tests if isinstance(each, Literal) and isinstance(each.value, str)
            ]
            if words and len(words) == len(tests):
                yield name, Limits(words=frozenset(words))


def _compared(name: str, operator: str, value: object) -> Iterator[tuple[str, Limits]]:
    if isinstance(value, str) and operator == "=":
        yield name, Limits(words=frozenset([value]))
    elif isinstance(value, Decimal):
        match operator:
            case ">" | ">=":
                yield name, Limits(low=value, low_open=operator == ">")
            case "<" | "<=":
                yield name, Limits(high=value, high_open=operator == "<")
            case "=":
                yield name, Limits(low=value, high=value)


def _tighter(
    one: Decimal | None, one_open: bool, other: Decimal | None, other_open: bool, *, largest: bool
) -> tuple[Decimal | None, bool]:
    if one is None:
        return other, other_open
    if other is None or one == other:
        return one, one_open or (other is not None and other_open)
    return (one, one_open) if (one > other) is largest else (other, other_open)
