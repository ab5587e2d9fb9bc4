"""The values expressions work on.

| FEEL | Python |
|---|---|
| number | Decimal |
| string, boolean, null | str, bool, None |
| list, context | list, dict |
| date, time, date and time, durations | the classes of temporal.py |
| range, function | Range, Function |

Policy mode adds two that the standard does not have: Unknown, a fact nobody has told us (distinct from null, which
is told to be nothing), and Failure, an operation that makes no sense (where FEEL mode answers null).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, Final

# DMN 1.5, 10.3.2.3.1: IEEE 754-2008 Decimal128.
DECIMAL_128: Final = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)


class Unknown:
    """A value nobody has told us.

    `missing` names the facts that would settle it. `path` is the fact's own name when the value is that fact and
    nothing else, so that `.entry` of it can be named. `is_fact` says that it will be a value that somebody tells,
    hence never a Failure, as what is computed from facts may turn out to be.
    """

    __slots__ = ("is_fact", "missing", "path")

    def __init__(self, missing: Iterable[str], path: str | None = None, is_fact: bool = False) -> None:
        self.missing = frozenset(missing)
        self.path = path
        self.is_fact = is_fact

    @classmethod
    def fact(cls, name: str) -> Unknown:
        """The unknown fact `name`."""
        return cls((name,), name, True)

    @classmethod
    def merge(cls, values: Iterable[Any]) -> Unknown:
        """What several values, some of them unknown, leave unknown together."""
        return cls(frozenset[str]().union(*(each.missing for each in values if each.__class__ is Unknown)))

    def __repr__(self) -> str:
        return f"Unknown({', '.join(sorted(self.missing))})"


class Failure:
    """An operation that makes no sense, in policy mode: the fourth outcome, beside true, false and unknown."""

    __slots__ = ("message", "message_zh")

    def __init__(self, message: str, message_zh: str | None = None) -> None:
        self.message = message
        self.message_zh = message_zh or message

    def __repr__(self) -> str:
        return f"Failure({self.message})"


class _Unbounded:
    """The missing end of `> 5`, which is not the null of `(5..null)`."""

    def __repr__(self) -> str:
        return "UNBOUNDED"


UNBOUNDED: Final = _Unbounded()


@dataclass(frozen=True, slots=True)
class Range:
    """`[low..high]`; an end may be UNBOUNDED (from `< 5`)."""

    low: Any
    high: Any
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class EqualityTest:
    """`(= 5)` or `(!= 5)` as a value."""

    operator: str
    operand: Any


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function as a value: `call(positional)`; `parameters` are its names, None for built-ins that take any."""

    name: str
    parameters: tuple[str, ...] | None
    call: Callable[[list[Any]], Any]
    call_named: Callable[[dict[str, Any]], Any]
    # What `instance of function<…> -> …` asks for: the declared types (None where nothing is declared), and the type
    # of the body where it can be told without running it.
    parameter_types: tuple[Any, ...] = ()
    result_type: Any = None


class OpenContext(dict[str, Any]):
    """A context of facts: reading an entry it does not have is unknown, not null. `path` is where it hangs.

    `declared` says that somebody has listed its fields. Then all of them are among its entries, Unknown where nobody
    told them, and in `loans[amount > limit]` any other name is one from around the list. Where nobody has listed them,
    every name may be that of a field nobody told.

    Used as a whole (`=`, `get entries`, `string`, `instance of`), it is what has been told of it: which entries
    could be missing of one that is not declared, nobody can list.
    """

    __slots__ = ("declared", "path")

    def __init__(self, entries: Mapping[str, Any], path: str, declared: bool = False) -> None:
        super().__init__(entries)
        self.path = path
        self.declared = declared

    def lacking(self, names: Iterable[str]) -> dict[str, Unknown]:
        """Those of these entries that it does not have, each unknown."""
        return {name: Unknown.fact(f"{self.path}.{name}") for name in names if name not in self}


def open_facts(value: Any, path: str, fields: Collection[str] = ()) -> Any:
    """`value` with every context in it made open, for policy mode. `path` names it, such as `hires[2]`.

    `fields` are those that are declared of it, or of each of its lines if it is a list; empty if nobody has.
    """
    if isinstance(value, dict):
        declared = bool(fields) or (value.__class__ is OpenContext and value.declared)
        entries = {key: open_facts(each, f"{path}.{key}") for key, each in value.items()}
        opened = OpenContext(entries, path, declared)
        opened.update(opened.lacking(fields))
        return opened
    if isinstance(value, list):
        return [open_facts(each, f"{path}[{index}]", fields) for index, each in enumerate(value, start=1)]
    return value


def unknowns(value: Any) -> list[Unknown]:
    """Every Unknown in a value, however deep in lists, contexts and ranges."""
    found: list[Unknown] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Unknown]) -> None:
    kind = value.__class__
    if kind is Unknown:
        found.append(value)
    elif kind is list:
        for each in value:
            _collect(each, found)
    elif isinstance(value, dict):
        for each in value.values():
            _collect(each, found)
    elif kind is Range:
        _collect(value.low, found)
        _collect(value.high, found)
    elif kind is EqualityTest:
        _collect(value.operand, found)


def first_failure(value: Any) -> Failure | None:
    """The first Failure in a value, however deep in lists, contexts and ranges."""
    kind = value.__class__
    if kind is Failure:
        failure: Failure = value
        return failure
    inside: Iterable[Any] = ()
    if kind is list:
        inside = value
    elif isinstance(value, dict):
        inside = value.values()
    elif kind is Range:
        inside = (value.low, value.high)
    elif kind is EqualityTest:
        inside = (value.operand,)
    for each in inside:
        found = first_failure(each)
        if found:
            return found
    return None


# No honest expression makes longer ones; without a bound a doubling loop of a hundred rounds would fill the memory.
LONGEST_TEXT: Final = 10_000_000
LONGEST_LIST: Final = 1_000_000


def bounded(value: Any) -> Any:
    """`value`, or a Failure if it is a text or list of absurd length."""
    if value.__class__ is str and len(value) > LONGEST_TEXT:
        return Failure(f"a text longer than {LONGEST_TEXT} characters", f"文字超过 {LONGEST_TEXT} 个字符")
    if value.__class__ is list and len(value) > LONGEST_LIST:
        return Failure(f"a list longer than {LONGEST_LIST} items", f"列表超过 {LONGEST_LIST} 项")
    return value


def number(value: int | str | Decimal) -> Decimal:
    """A FEEL number: rounded to 34 digits. Raises DecimalException beyond the range of decimal128."""
    return DECIMAL_128.create_decimal(value)


def plain(value: Decimal) -> str:
    """A number as FEEL writes it: no exponent, no trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


KIND_NAMES_ZH = {
    "number": "数字", "string": "文字", "boolean": "是否", "null": "空", "date": "日期", "time": "时间",
    "date and time": "日期时间", "days and time duration": "天时长", "years and months duration": "年月时长",
    "list": "列表", "context": "结构", "range": "区间", "function": "函数", "unknown": "未知", "error": "错误",
}  # fmt: skip
