"""Rows and columns agree exactly: random tables with missing cells, random requirements and amounts."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.rules.columns import agreement
from yingshang.rules.columns import Program, compile_programs
from yingshang.rules.columns.lines import rebuilt
from yingshang.rules.dmn.table import DecisionTable, HitPolicy, TableInput, TableOutput, TableRule
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.syntax import Name, UnaryTests
from yingshang.rules.policy.requirement import All, AtLeast, Condition, Not, Requirement

COLUMNS = {
    "people": pa.int16(),
    "score": pa.int64(),
    "revenue": pa.decimal128(18, 2),
    "research": pa.decimal128(24, 4),
    "rate": pa.float64(),
    "town": pa.string(),
    "kind": pa.dictionary(pa.int32(), pa.string()),
    "high": pa.bool_(),
    "clean": pa.bool_(),
    "founded": pa.date32(),
    "moved": pa.date32(),
    "tags": pa.list_(pa.string()),
    "loans": pa.list_(
        pa.struct([("purpose", pa.string()), ("sum", pa.decimal128(18, 2)), ("open", pa.bool_())])
    ),
    "office": pa.struct([("town", pa.string()), ("area", pa.int32())]),
    # called like fields of lines
    "purpose": pa.string(),
    "open": pa.bool_(),
}
TOWNS = ["东区", "西区", "南区", ""]
TAGS = ["高企", "专精特新", "小巨人"]

_cells: dict[str, st.SearchStrategy[Any]] = {
    "people": st.sampled_from([0, 1, 5, 10, 300, -3]),
    "score": st.sampled_from([0, 1, 2, 60, 10**6, 2**62, -(2**63)]),
    "revenue": st.sampled_from(
        [
            Decimal(each)
            for each in ("0", "0.01", "3.33", "7", "5000000", "5000000.01", "-1.5", "9999999999999.99")
        ]
    ),
    "research": st.sampled_from(
        [Decimal(each) for each in ("0", "0.0001", "300000.1234", "250000", "99999999999999999999")]
    ),
    "rate": st.sampled_from([0.0, 0.1, 0.05, 0.3, -0.2, 1e-7, 1e300, float("nan"), 0.1 + 0.2]),
    "town": st.sampled_from(TOWNS),
    "kind": st.sampled_from(["小型", "微型", "中型"]),
    "high": st.booleans(),
    "clean": st.booleans(),
    "founded": st.sampled_from(
        [datetime.date(2020, 2, 29), datetime.date(2023, 1, 1), datetime.date(1999, 12, 31)]
    ),
    "moved": st.sampled_from([datetime.date(2020, 2, 29), datetime.date(2024, 6, 30)]),
    "tags": st.lists(st.none() | st.sampled_from(TAGS), max_size=3),
    "loans": st.lists(
        st.none()
        | st.fixed_dictionaries(
            {
                "purpose": st.none() | st.sampled_from(["扩产", "流动"]),
                "sum": st.none() | st.sampled_from([Decimal("0"), Decimal("100000.00"), Decimal("33.33")]),
                "open": st.none() | st.booleans(),
            }
        ),
        max_size=3,
    ),
    "office": st.fixed_dictionaries(
        {"town": st.none() | st.sampled_from(TOWNS), "area": st.none() | st.sampled_from([0, 80, 500])}
    ),
    "purpose": st.sampled_from(["扩产", "流动"]),
    "open": st.booleans(),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.RecordBatch:
    rows = draw(st.sampled_from([1, 3, 8, 40, 70]))
    arrays = []
    for name, kind in COLUMNS.items():
        few = draw(st.lists(st.none() | _cells[name], min_size=1, max_size=6))
        picks = draw(st.integers(0, 10**9))
        arrays.append(
            pa.array([few[(picks // 7 ** (row % 9) + row) % len(few)] for row in range(rows)], kind)
        )
    return pa.RecordBatch.from_arrays(arrays, names=list(COLUMNS))


def _join(*parts: Any) -> st.SearchStrategy[str]:
    return st.tuples(*[st.just(part) if isinstance(part, str) else part for part in parts]).map("".join)


ORDER = st.sampled_from([" < ", " <= ", " > ", " >= ", " = ", " != "])
NUMBER = st.sampled_from(
    [
        "0",
        "1",
        "5",
        "-3",
        "0.05",
        "0.3",
        "60",
        "5000000",
        "0.005",
        "99999999999999999999",
        "1e-3",
        "300",
        "2.5",
    ]
)
NUMBER_COLUMN = st.sampled_from(["people", "score", "revenue", "research", "rate"])
DATE = st.sampled_from(['@"2020-02-29"', '@"2023-01-01"', 'date("2024-06-30")', '@"-0300-01-01"'])
DATE_COLUMN = st.sampled_from(["founded", "moved"])
TEXT = st.sampled_from([f'"{each}"' for each in [*TOWNS, "小型", "高企", "小巨人", "区"]])
TEXT_COLUMN = st.sampled_from(["town", "kind", "purpose"])
FLAG = st.sampled_from(["high", "clean", "open"])


def _numbers(inner: st.SearchStrategy[str], conditions: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        _join("(", inner, st.sampled_from([" + ", " - ", " * ", " / "]), inner, ")"),
        _join("(", inner, st.sampled_from([" * 0.1", " / 4", " / 3", " * 100", " / 0"]), ")"),
        _join(st.sampled_from(["min(", "max(", "sum("]), inner, ", ", inner, ")"),
        _join("min([", inner, ", ", inner, "])"),
        _join(st.sampled_from(["floor(", "ceiling(", "abs("]), inner, ")"),
        _join(
            st.sampled_from(
                ["round half up(", "round half down(", "decimal(", "round up(", "round down(", "floor("]
            ),
            inner,
            ", ",
            st.sampled_from(["0", "1", "2", "-2"]),
            ")",
        ),
        _join("if ", conditions, " then ", inner, " else ", inner),
        _join("-(", inner, ")"),
    )


SIMPLE_NUMBERS = st.recursive(
    NUMBER_COLUMN | NUMBER_COLUMN | NUMBER | st.sampled_from(["count(tags)", "count(loans)", "missing", "count(loans[open])",
        "sum(for l in loans return l.sum)", "sum(concatenate([0], for l in loans[open] return l.sum * 0.5 + people))",
        "sum(concatenate([0], loans.sum))", "min(absent, 5) + 1", "if high then absent else revenue", "sum(loans[purpose = \"扩产\" and item.sum > people].sum)", "count(loans[sum > 5 and open])",
        "sum(concatenate([0], for l in loans return (function(x) if x.open then min(x.sum, 60) else 7)(l)))", "count(loans[people > 3])", "count(loans[purpose = town and high])", "count(office[area > people])",
        "sum(concatenate([0], for l in loans return if l.purpose = \"扩产\" then l.sum else l.sum / 0))", "count(loans[not(open)])", "sum(loans.sum)", "office.area", "string length(town)", "band", "band / people", "pair.rate * revenue - pair.less", "first", "narrow", "answers",
        "if sum(loans.sum) <= 60 then revenue else revenue * 60 / sum(loans.sum)", "sum(concatenate([0], for l in loans return l.sum / people))", "sum(for l in loans[open] return (if l.sum > 50 then pair.rate else band) * l.sum)"]),
    lambda inner: _numbers(inner, _join(NUMBER_COLUMN, ORDER, NUMBER) | FLAG | _join(TEXT_COLUMN, " = ", TEXT)),
    max_leaves=4,
)  # fmt: skip

LEAVES = st.one_of(
    _join(NUMBER_COLUMN, ORDER, NUMBER),
    _join(NUMBER, ORDER, NUMBER_COLUMN),
    _join(SIMPLE_NUMBERS, ORDER, SIMPLE_NUMBERS),
    _join(NUMBER_COLUMN, " / ", NUMBER_COLUMN, ORDER, NUMBER),
    _join("(", NUMBER_COLUMN, " - ", NUMBER_COLUMN, ") / ", NUMBER_COLUMN, ORDER, NUMBER_COLUMN),
    _join(NUMBER_COLUMN, " > revenue * (if ", FLAG, " then 0.1 else people / 3)"),
    _join(NUMBER_COLUMN, ORDER, st.sampled_from(["band", "first", "narrow / 7"])),
    _join(NUMBER_COLUMN, " between ", NUMBER, " and ", NUMBER),
    _join(NUMBER_COLUMN, " in ", st.sampled_from(["[", "("]), NUMBER, "..", NUMBER, st.sampled_from(["]", ")"])),
    _join(NUMBER_COLUMN, " in [", NUMBER, ", ", NUMBER, "]"),
    _join(NUMBER_COLUMN, " in (", NUMBER, ", > ", NUMBER, ", [", NUMBER, "..", NUMBER, "])"),
    _join("(", SIMPLE_NUMBERS, ") in [", NUMBER, ", ", NUMBER, "]"),
    _join(DATE_COLUMN, ORDER, DATE),
    _join("founded", ORDER, "moved"),
    _join(DATE_COLUMN, ' + @"P3Y"', ORDER, DATE),
    _join(DATE_COLUMN, ".year", ORDER, st.sampled_from(["2020", "2023"])),
    _join(DATE_COLUMN, " in [", DATE, "..", DATE, "]"),
    _join(TEXT_COLUMN, ORDER, TEXT),
    _join("town = kind"),
    _join(TEXT_COLUMN, " in [", TEXT, ", ", TEXT, "]"),
    _join(st.sampled_from(["starts with(", "contains(", "ends with(", "matches("]), TEXT_COLUMN, ", ", TEXT, ")"),
    _join("number(town) > 3"),
    _join(TEXT, " in tags"),
    _join("list contains(tags, ", TEXT, ")"),
    _join("some t in tags satisfies t = ", TEXT),
    _join("some l in loans satisfies l.sum > ", NUMBER),
    _join(
        st.sampled_from(["some", "every"]),
        " l in loans",
        st.sampled_from(["", "[open]", "[sum > 100]", "[item.purpose = town]", "[sum]", "[1]", "[sum > null]", "[absent = 1]"]),
        " satisfies ",
        st.sampled_from(
            [
                "l.open",
                "l.sum >= revenue",
                "l.open and l.sum > 50",
                "not(l.open) or people > 5",
                "l.sum / people > 1",
                "l.sum > null",
                "l.absent = 3",
                "l.purpose = town",
                "starts with(l.purpose, town)",
                "(function(x) x.open and x.sum > 50)(l)",
                "(function(x, y) x.sum > y)(l, people)",
                "l = 5",
                "if l.open then l.sum > 5 else people > 5",
                "count(tags) > 1 and l.open",
                "sum > 3",
                "l",
                "l.sum",
            ]
        ),
    ),
    _join("every l in loans satisfies l.purpose = ", TEXT),
    _join("count(loans[purpose = ", TEXT, "]) >= 1"),
    _join("office.town = ", TEXT),
    _join("office.area > ", NUMBER),
    _join(st.sampled_from(["people", "town", "high", "founded"]), ORDER, st.sampled_from(["null", '"x"', "true", "1"])),
    FLAG,
    _join(FLAG, st.sampled_from([" = true", " = false", " != true", " = null"])),
    st.sampled_from(["true", "false", "null", "absent > 3", "absent", "5", "people", "modulo(people, 2) = 1", "town", "high > 3"]),
)  # fmt: skip

TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        _join("(", inner, ") and (", inner, ")"),
        _join("(", inner, ") or (", inner, ")"),
        _join("not(", inner, ")"),
        _join("if (", inner, ") then (", inner, ") else (", inner, ")"),
    ),
    max_leaves=4,
)


def _table(
    inputs: list[str],
    rules: list[list[str]],
    outputs: list[str],
    policy: HitPolicy = HitPolicy.UNIQUE,
    default: str | None = None,
) -> DecisionTable:
    """A table of tests ("not" before those that are turned round) and then answers."""

    def test(text: str) -> UnaryTests:
        if text == "-":
            return UnaryTests(())
        negated = text.startswith("not ")
        membership: Any = parse_expression(f"people in ({text.removeprefix('not ')})")
        return UnaryTests(membership.tests, negated)

    return DecisionTable(
        tuple(TableInput(parsed(each)) for each in inputs),
        tuple(TableOutput(each, None, parsed(default) if default else None) for each in outputs),
        tuple(
            TableRule(tuple(map(test, rule[: len(inputs)])), tuple(map(parsed, rule[len(inputs) :])))
            for rule in rules
        ),
        policy,
    )


def parsed(text: str) -> Any:
    """An expression, in which the names of the tables below stand for them."""

    def filled(node: Any) -> Any:
        if isinstance(node, Name) and node.name in TABLES:
            return TABLES[node.name]
        return rebuilt(node, filled)

    return filled(parse_expression(text, COLUMNS))


TABLES: dict[str, DecisionTable] = {}
TABLES["band"] = _table(
    ["min(revenue, 5000000)"],
    [["<= 0", "0"], ["(0..7]", "revenue / 3"], ["(7..5000000)", "0.3"], [">= 5000000", "3"]],
    ["rate"],
)
TABLES["pair"] = _table(
    ["people", "kind"],
    [["< 5", '"小型", "微型"', "0.05", "7"], ["< 5", '"中型"', "0.05", "0"], [">= 5", "-", "0.1", "people"]],
    ["rate", "less"],
    default="60",
)
TABLES["first"] = _table(
    ["town", "people / 2"],
    [['"东区"', "-", "revenue"], ["-", "> 1", "60"], ['not "西区", "南区"', "not 0, 1", "rate / 7"]],
    ["sum"],
    HitPolicy.FIRST,
    "people",
)
TABLES["narrow"] = _table(
    ["people", "high"], [["> 1", "true", "5"], ["not [1..5]", "-", "5"], ["0", "-", "1"]], ["sum"]
)
TABLES["answers"] = _table(["town"], [['"东区"', "revenue"], ['"西区"', "people / 0"], ["-", "3"]], ["sum"])


def conditions() -> st.SearchStrategy[Requirement]:
    return TREES.map(lambda text: Condition(text, parsed(text)))


REQUIREMENTS: st.SearchStrategy[Requirement] = st.recursive(
    conditions(),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: All("all", tuple(parts))),
        st.tuples(st.integers(0, 3), st.lists(inner, max_size=4)).map(
            lambda drawn: AtLeast("some", drawn[0], tuple(drawn[1]))
        ),
        inner.map(lambda part: Not("not", part)),
    ),
    max_leaves=6,
)

AMOUNTS = st.one_of(
    st.none(),
    SIMPLE_NUMBERS,
    SIMPLE_NUMBERS.map(lambda text: f"round half up({text}, 2)"),
    SIMPLE_NUMBERS.map(lambda text: f"round half up(min(max(0, {text}), 500000), 2)"),
    st.just("round half up(if revenue in (< 5000000) then revenue * 0.03 else if revenue in [5000000..9000000] then 200000 else 0, 2)"),
    st.just("sum(concatenate([0], for l in loans return min(l.sum * 0.5, 3000)))"),
    st.sampled_from(
        [
            "round half up(max(0, revenue * pair.rate - pair.less - research * min(revenue, 5000000) / revenue) * 0.5, 2)",
            "round half up(revenue / people, 2)",
            "round down(research / 3 * 3, 2)",
            "revenue / 3 - revenue / 7",
            "-(people / 7) + abs(revenue / 3)",
            "min(score / 3, revenue / rate)",
            "round half up(min(if sum(loans.sum) <= 60 then sum(loans.sum) * 0.05 else sum(loans.sum) * 0.05 * 60 / sum(loans.sum), 100000), 2)",
            "99999999999999999999 / revenue * 0.00000001",
            "1e6000 * revenue / (1e-6000 * people)",
            "min(1e6000 * rate / 1e-6000, revenue)",
        ]
    ),
    st.just("null"),
    st.just('"text"'),
)  # fmt: skip


@st.composite
def programs(draw: st.DrawFn) -> list[Program]:
    found = []
    for place in range(draw(st.integers(1, 5))):
        written = draw(AMOUNTS)
        found.append(Program(str(place), draw(REQUIREMENTS), None if written is None else parsed(written)))
    return found


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(programs(), tables())
def test_rows_and_columns_agree(items: list[Program], table: pa.RecordBatch) -> None:
    agreement.assert_agreement(items, table)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(LEAVES, min_size=1, max_size=12), tables())
def test_single_conditions_agree(texts: list[str], table: pa.RecordBatch) -> None:
    agreement.assert_agreement([Program(text, Condition(text, parsed(text))) for text in texts], table)


@settings(max_examples=examples(200), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(AMOUNTS, min_size=1, max_size=12), tables())
def test_amounts_agree(texts: list[str | None], table: pa.RecordBatch) -> None:
    everyone = All("all", ())
    perhaps = Condition("perhaps", parsed("high"))
    agreement.assert_agreement(
        [Program(str(text), each, parsed(text)) for text in texts if text for each in (everyone, perhaps)],
        table,
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_chunks_and_threads_change_nothing(threads: int) -> None:
    rows = 150_001
    table = pa.RecordBatch.from_arrays(
        [
            pa.array([None if row % 7 == 0 else row % 1000 for row in range(rows)], pa.int32()),
            pa.array([None if row % 11 == 0 else f"区{row % 13}" for row in range(rows)]),
        ],
        names=["people", "town"],
    )
    trees = ["people >= 500", 'town in ["区1", "区12"]', "modulo(people, 3) = 0 and string length(town) = 3"]
    items = [
        Program(text, All("all", (Condition("a", parse_expression(text)), Condition("b", parse_expression("people < 900")))),
                parse_expression("round half up(people * 10.005, 2)"))
        for text in trees
    ]  # fmt: skip
    result = compile_programs(items).evaluate(table.slice(1), threads=threads)
    assert result.rows == rows - 1
    known = [(row % 1000, row % 13, row % 7 == 0, row % 11 == 0) for row in range(1, rows)]
    expected = sum(not gone and 500 <= people < 900 for people, _, gone, _ in known)
    assert result.items[0].entitled == expected
    assert result.items[0].undecided == sum(gone for _, _, gone, _ in known)
    assert result.items[0].amount_certain_fen == sum(
        int((Decimal(people) * Decimal("10.005")).quantize(Decimal("0.01"), "ROUND_HALF_UP") * 100)
        for people, _, gone, _ in known
        if not gone and 500 <= people < 900
    )
    assert result.items[1].entitled == sum(
        not gone and not lost and people < 900 and town in (1, 12) for people, town, gone, lost in known
    )


def test_quotients_and_tables_are_computed_in_columns() -> None:
    """Only a row that no rule of a table is for, and whose amount is therefore null, is left to the row evaluator."""
    table = pa.record_batch(
        {
            "people": pa.array(list(range(1, 401)), pa.int32()),
            "revenue": pa.array(
                [Decimal(row * 7) / 100 for row in range(399)] + [Decimal(-1)], pa.decimal128(18, 2)
            ),
        }
    )
    amount = parsed(
        "round half up(max(0, revenue * band - people * 1.37 * min(revenue, 9) / (revenue + 0.01)), 2)"
    )
    program = Program("quotient", All("all", ()), amount)
    agreement.assert_agreement([program], table)
    assert sum(compile_programs([program]).evaluate(table).by_rows.values()) == 0

    nobody = _table(["revenue"], [[">= 0", "revenue / people"]], ["sum"])
    program = Program("null", All("all", ()), nobody)
    agreement.assert_agreement([program], table)
    assert sum(compile_programs([program]).evaluate(table).by_rows.values()) == 1


def test_amounts_of_more_digits_than_python_keeps_agree() -> None:
    table = pa.record_batch({"revenue": pa.array([Decimal("9999999999999.99")], pa.decimal128(18, 2))})
    amount = parsed("99999999999999999999 * floor(revenue)")
    agreement.assert_agreement([Program("large", All("all", ()), amount)], table)
