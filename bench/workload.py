"""A seeded population and items over it, the same for every engine.

The population: 40 columns of enterprise facts (money to the fen, ratios, head counts, dates, codes, yes or no), 15 % of
all cells missing. The items: conjunctions of 3 to 8 conditions from a pool of conditions, with the round thresholds
that policies share; a few conditions occur in hundreds of items, most in a handful.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from yingshang.rules.columns import Program
from yingshang.rules.feel.syntax import Comparison, In, ListLiteral, Literal, Name, Node
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.requirement import All, Condition

MISSING: Final = 0.15

# fmt: off
MONEY: Final = ("revenue", "revenue_before", "profit", "assets", "liabilities", "research", "research_before",
                "exports", "investment", "tax", "equipment", "contracts")
RATIOS: Final = ("research_ratio", "growth", "layoff_rate", "debt_ratio", "main_ratio")
COUNTS: Final = ("employees", "insured", "researchers", "patents", "graduates", "disabled", "score", "age")
DATES: Final = ("established", "certified", "relocated")
TEXTS: Final = {"region": 160, "industry": 480, "size": 4, "ownership": 5, "sector": 4, "credit": 5}
FLAGS: Final = ("abnormal", "dishonest", "arrears", "export_license", "green_factory", "on_list")

_MONEY_THRESHOLDS: Final = (100_000, 300_000, 500_000, 1_000_000, 2_000_000, 3_000_000, 5_000_000, 8_000_000,
                            10_000_000, 20_000_000, 30_000_000, 40_000_000, 50_000_000, 100_000_000, 200_000_000,
                            400_000_000)
_RATIO_THRESHOLDS: Final = ("0.02", "0.03", "0.04", "0.05", "0.055", "0.06", "0.1", "0.15", "0.2", "0.3", "0.5",
                            "0.6", "0.7")
_COUNT_THRESHOLDS: Final = (1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 60, 80, 100, 200, 300, 500, 1000)
# fmt: on
_DATE_THRESHOLDS: Final = tuple(f"{year}-01-01" for year in range(2012, 2027))

Value = Decimal | str | bool | datetime.date | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """One condition every engine can say: `column operator value`, the operator one of < <= > >= = in."""

    column: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Workload:
    """The table and the items: each item is a conjunction of places in `tests`."""

    table: pa.Table
    tests: tuple[Test, ...]
    items: tuple[tuple[int, ...], ...]

    @property
    def used(self) -> int:
        """How many distinct conditions the items use."""
        return len({test for item in self.items for test in item})


def make_table(rows: int, seed: int = 1) -> pa.Table:
    """The population: `rows` rows, 40 columns."""
    random = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {}

    def gone() -> npt.NDArray[np.bool_]:
        return random.random(rows, np.float32) < MISSING

    scale = random.normal(0.0, 1.6, rows)
    for name in MONEY:
        fen = np.exp(scale + random.normal(16.0, 1.0, rows) - 0.4 * MONEY.index(name) % 3) * 10
        columns[name] = _decimals(fen.astype(np.int64), 2, gone())
    for name in RATIOS:
        columns[name] = _decimals((random.gamma(1.2, 900.0, rows)).astype(np.int64), 4, gone())
    for name in COUNTS:
        count = np.exp(scale * 0.8 + random.normal(2.6, 0.9, rows)).astype(np.int32)
        columns[name] = pa.array(count, pa.int32(), mask=gone())
    for name in DATES:
        days = 20_700 - random.gamma(1.5, 1500.0, rows).astype(np.int32)
        columns[name] = pa.array(days, pa.int32(), mask=gone()).cast(pa.date32())
    for name, most in TEXTS.items():
        picks = np.minimum((random.power(0.6, rows) * most).astype(np.int32), most - 1)
        values = pa.array([_text(name, place) for place in range(most)])
        columns[name] = pa.DictionaryArray.from_arrays(pa.array(picks, pa.int32(), mask=gone()), values)
    for name in FLAGS:
        columns[name] = pa.array(random.random(rows, np.float32) < 0.3, mask=gone())
    return pa.table(columns)


def _text(column: str, place: int) -> str:
    return f"{column}-{place:03d}"


def _decimals(scaled: npt.NDArray[np.int64], places: int, gone: npt.NDArray[np.bool_]) -> pa.Array:
    words = np.stack((scaled, scaled >> 63), axis=1)
    validity = pa.py_buffer(np.packbits(~gone, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.decimal128(18, places), len(scaled), [validity, pa.py_buffer(words)])


def make_tests(size: int, seed: int = 1) -> tuple[Test, ...]:
    """A pool of `size` distinct conditions, spread over all columns."""
    random = np.random.default_rng(seed)
    pools: list[list[Test]] = []
    for name in MONEY:
        pools.append(
            [Test(name, o, Decimal(each)) for each in _MONEY_THRESHOLDS for o in (">=", "<", "<=", ">")]
        )
    for name in RATIOS:
        pools.append(
            [Test(name, o, Decimal(each)) for each in _RATIO_THRESHOLDS for o in (">=", "<", "<=", ">")]
        )
    for name in COUNTS:
        pools.append(
            [Test(name, o, Decimal(each)) for each in _COUNT_THRESHOLDS for o in (">=", "<", "<=", ">")]
        )
    for name in DATES:
        days = [datetime.date.fromisoformat(each) for each in _DATE_THRESHOLDS]
        pools.append([Test(name, o, each) for each in days for o in (">=", "<")])
    for name, count in TEXTS.items():
        single: list[Test] = [Test(name, "=", _text(name, place)) for place in range(min(count, 60))]
        several = [
            Test(
                name,
                "in",
                tuple(_text(name, int(each)) for each in sorted(random.choice(count, most, replace=False))),
            )
            for most in (2, 3, min(4, count), min(12, count), min(40, count))
            for _ in range(6)
        ]
        pools.append(list(dict.fromkeys(single + several)))
    for name in FLAGS:
        pools.append([Test(name, "=", True), Test(name, "=", False)])
    for pool in pools:
        random.shuffle(pool)
    chosen: list[Test] = []
    depth = 0
    while len(chosen) < size and depth < max(map(len, pools)):
        chosen += [pool[depth] for pool in pools if depth < len(pool)]
        depth += 1
    return tuple(chosen[:size])


def make_items(count: int, tests: Sequence[Test], seed: int = 1) -> tuple[tuple[int, ...], ...]:
    """`count` conjunctions of 3 to 8 conditions on different columns."""
    random = np.random.default_rng(seed + 1)
    weights = 1.0 / (np.arange(len(tests)) + 12.0) ** 0.7
    weights /= weights.sum()
    items = []
    for _ in range(count):
        wanted = int(random.integers(3, 9))
        item: dict[str, int] = {}
        while len(item) < wanted:
            place = int(random.choice(len(tests), p=weights))
            item.setdefault(tests[place].column, place)
        items.append(tuple(item.values()))
    return tuple(items)


def make_workload(rows: int, items: int, tests: int = 450, seed: int = 1) -> Workload:
    """A population of `rows` and `items` items over a pool of `tests` conditions."""
    pool = make_tests(tests, seed)
    return Workload(make_table(rows, seed), pool, make_items(items, pool, seed))


def tree_of(test: Test) -> Node:
    """The condition as a FEEL tree."""
    name = Name(test.column)
    if isinstance(test.value, tuple):
        return In(name, (ListLiteral(tuple(Literal(each) for each in test.value)),))
    value: Any = test.value
    if isinstance(value, datetime.date):
        value = Date(value.year, value.month, value.day)
    return Comparison(test.operator, name, Literal(value))


def programs_of(workload: Workload, *, formulas: float = 0.0) -> list[Program]:
    """The items as programs, paying round sums; a share `formulas` of them pays part of the revenue, capped."""
    from yingshang.rules.feel.parser import parse_expression

    leaves = [Condition(str(place), tree_of(test)) for place, test in enumerate(workload.tests)]
    random = np.random.default_rng(7)
    programs = []
    for place, item in enumerate(workload.items):
        amount: Node = Literal(Decimal(int(random.integers(1, 100)) * 10_000))
        if random.random() < formulas:
            rate, cap = random.integers(1, 9), int(random.integers(1, 20)) * 100_000
            amount = parse_expression(f"round half up(min(revenue * 0.0{rate}, {cap}), 2)")
        programs.append(
            Program(f"item-{place:05d}", All("all", tuple(leaves[each] for each in item)), amount)
        )
    return programs
