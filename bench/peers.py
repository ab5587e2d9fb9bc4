"""The same items in other engines, each in its best idiomatic form, with Kleene's nulls.

Every peer answers with an int64 array [items, 2]: how many rows of each item are entitled, and how many are not
refused. `prepare` brings the table into the engine's own form and is not timed; `run` is.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.workload import Test, Workload

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Peer:
    """`rows` and `items` are the most it is asked to do, so that the bench ends the same day.

    `each`: it is asked at every number of items up to that, not only the largest.  `slow`: once, without repeats.
    """

    name: str
    form: str
    rows: int
    items: int
    prepare: Callable[[Workload], Callable[[], Counts]]
    each: bool = False
    slow: bool = False


# --- Polars -------------------------------------------------------------------------------------------------------


def polars(workload: Workload) -> Callable[[], Counts]:
    """One lazy query; Polars finds the common subexpressions itself. Strings are categorical, money is integers."""
    import polars as pl

    frame = pl.DataFrame(_plain_table(workload.table))

    def expression(test: Test) -> Any:
        column = pl.col(test.column)
        value: Any = test.value
        if isinstance(value, tuple):
            return column.is_in(list(value))
        if isinstance(value, bool):
            return column if value else ~column
        if isinstance(value, Decimal):
            value = _scaled(workload.table, test)
        operators: dict[str, Callable[[], Any]] = {
            ">=": lambda: column >= value,
            ">": lambda: column > value,
            "<": lambda: column < value,
            "<=": lambda: column <= value,
            "=": lambda: column == value,
        }
        return operators[test.operator]()

    tests = [expression(test) for test in workload.tests]
    outputs = []
    for place, item in enumerate(workload.items):
        met = pl.all_horizontal(*[tests[each] for each in item])
        outputs += [met.sum().alias(f"entitled {place}"), met.fill_null(True).sum().alias(f"open {place}")]

    def run() -> Counts:
        found = frame.lazy().select(outputs).collect()
        return np.array(found.row(0), np.int64).reshape(-1, 2)

    return run


def _plain_table(table: pa.Table) -> pa.Table:
    """Decimals as scaled integers: what an expert would do in an engine whose decimals are slow."""
    columns = {}
    for name, column in zip(table.schema.names, table.columns, strict=True):
        if pa.types.is_decimal(column.type):
            column = pa.chunked_array([_integers(chunk) for chunk in column.chunks])
        columns[name] = column
    return pa.table(columns)


def _integers(array: pa.Array) -> pa.Array:
    words = np.frombuffer(array.buffers()[1], np.int64).reshape(-1, 2)[
        array.offset : array.offset + len(array), 0
    ]
    return pa.array(words.copy(), mask=array.is_null().to_numpy(zero_copy_only=False))


def _scaled(table: pa.Table, test: Test) -> int:
    kind = table.schema.field(test.column).type
    assert isinstance(test.value, Decimal)
    return int(test.value.scaleb(kind.scale if pa.types.is_decimal(kind) else 0))


# --- DuckDB -------------------------------------------------------------------------------------------------------


def duckdb(workload: Workload) -> Callable[[], Counts]:
    """One aggregate query over a table of its own."""
    import duckdb as engine

    connection = engine.connect()
    source = _plain_table(workload.table)
    connection.register("source", source)
    connection.execute("create table subjects as select * from source")

    def sql(test: Test) -> str:
        def literal(value: Any) -> str:
            if isinstance(value, bool):
                return str(value).lower()
            if isinstance(value, datetime.date):
                return f"date '{value}'"
            return str(_scaled(workload.table, test)) if isinstance(value, Decimal) else f"'{value}'"

        if isinstance(test.value, tuple):
            return f"{test.column} in ({', '.join(map(literal, test.value))})"
        return f"{test.column} {test.operator} {literal(test.value)}"

    columns = []
    for item in workload.items:
        met = " and ".join(f"({sql(workload.tests[each])})" for each in item)
        columns.append(
            f"count(*) filter (where {met}), count(*) filter (where ({met}) is distinct from false)"
        )
    query = f"select {', '.join(columns)} from subjects"

    def run() -> Counts:
        row = connection.execute(query).fetchone()
        assert row is not None
        return np.array(row, np.int64).reshape(-1, 2)

    return run


# --- OpenFisca ----------------------------------------------------------------------------------------------------


def openfisca(workload: Workload) -> Callable[[], Counts]:
    """Each condition is a variable, each item two: OpenFisca has no unknown, so that a mask stands beside each fact."""
    from openfisca_core.entities import build_entity
    from openfisca_core.periods import DateUnit
    from openfisca_core.simulations import SimulationBuilder
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    enterprise = build_entity("enterprise", "enterprises", "", is_person=True)
    system = TaxBenefitSystem([enterprise])
    period = "2026"

    def variable(name: str, kind: type, formula: Any = None) -> None:
        body: dict[str, Any] = {"value_type": kind, "entity": enterprise, "definition_period": DateUnit.YEAR}
        if formula is not None:
            body["formula"] = formula
        system.add_variable(type(name, (Variable,), body))

    inputs: dict[str, npt.NDArray[Any]] = {}
    vocabularies: dict[str, dict[str, int]] = {}
    for name, column in zip(workload.table.schema.names, workload.table.columns, strict=True):
        array = column.combine_chunks()
        array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
        known = array.is_valid().to_numpy(zero_copy_only=False)
        if pa.types.is_dictionary(array.type):
            vocabularies[name] = {text: code for code, text in enumerate(array.dictionary.to_pylist())}
            values = array.indices.fill_null(0).to_numpy()
        elif pa.types.is_decimal(array.type):
            values = _integers(array).fill_null(0).to_numpy().astype(np.float64)
        elif pa.types.is_date(array.type):
            values = array.cast(pa.int32()).fill_null(0).to_numpy()
        else:
            values = array.fill_null(False if pa.types.is_boolean(array.type) else 0).to_numpy(
                zero_copy_only=False
            )
        inputs[name], inputs[f"{name}_known"] = values, known
        variable(name, bool if values.dtype == bool else float if values.dtype == np.float64 else int)
        variable(f"{name}_known", bool)

    def test_formula(test: Test) -> Any:
        value: Any = test.value
        if isinstance(value, tuple):
            codes = np.array([vocabularies[test.column][each] for each in value])
            return lambda person, when: np.isin(person(test.column, when), codes)
        if isinstance(value, str):
            value = vocabularies[test.column][value]
        elif isinstance(value, datetime.date):
            value = (value - datetime.date(1970, 1, 1)).days
        elif isinstance(value, Decimal):
            value = _scaled(workload.table, test)
        compare = {">=": np.greater_equal, ">": np.greater, "<": np.less, "<=": np.less_equal, "=": np.equal}
        return lambda person, when: compare[test.operator](person(test.column, when), value)

    def with_mask(test: Test, formula: Any, open_: bool) -> Any:
        if open_:
            return lambda person, when: formula(person, when) | ~person(f"{test.column}_known", when)
        return lambda person, when: formula(person, when) & person(f"{test.column}_known", when)

    def conjunction(names: list[str]) -> Any:
        def formula(person: Any, when: Any) -> Any:
            met = person(names[0], when)
            for each in names[1:]:
                met = met & person(each, when)
            return met

        return formula

    for place in sorted({each for item in workload.items for each in item}):
        test = workload.tests[place]
        variable(f"met_{place}", bool, with_mask(test, test_formula(test), False))
        variable(f"open_{place}", bool, with_mask(test, test_formula(test), True))
    for place, item in enumerate(workload.items):
        variable(f"item_met_{place}", bool, conjunction([f"met_{each}" for each in item]))
        variable(f"item_open_{place}", bool, conjunction([f"open_{each}" for each in item]))

    def run() -> Counts:
        simulation = SimulationBuilder().build_default_simulation(system, workload.table.num_rows)
        for name, values in inputs.items():
            simulation.set_input(name, period, values)
        return np.array(
            [
                [simulation.calculate(f"item_{kind}_{place}", period).sum() for kind in ("met", "open")]
                for place in range(len(workload.items))
            ],
            np.int64,
        )

    return run


# --- zen-engine ---------------------------------------------------------------------------------------------------


def zen(workload: Workload) -> Callable[[], Counts]:
    """One decision of expressions for all items, evaluated subject by subject. Null stands for unknown, and each
    condition is asked twice: whether it holds, and whether it is not refuted."""
    import zen as engine

    table = _plain_table(workload.table)

    def literal(value: Any, test: Test) -> str:
        if isinstance(value, Decimal):
            return str(_scaled(workload.table, test))
        if isinstance(value, datetime.date):
            return str((value - datetime.date(1970, 1, 1)).days)
        return str(value).lower() if isinstance(value, bool) else f"'{value}'"

    def written(test: Test, open_: bool) -> str:
        if isinstance(test.value, tuple):
            core = f"{test.column} in [{', '.join(literal(each, test) for each in test.value)}]"
        else:
            core = (
                f"{test.column} {'==' if test.operator == '=' else test.operator} {literal(test.value, test)}"
            )
        return f"({test.column} == null or {core})" if open_ else f"({test.column} != null and {core})"

    expressions = [
        {
            "id": f"{kind}-{place}",
            "key": f"{kind}_{place}",
            "value": " and ".join(written(workload.tests[each], kind == "open") for each in item),
        }
        for place, item in enumerate(workload.items)
        for kind in ("met", "open")
    ]
    content = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
            {
                "id": "items",
                "type": "expressionNode",
                "name": "items",
                "position": {"x": 0, "y": 0},
                "content": {"expressions": expressions},
            },
            {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 0, "y": 0}},
        ],
        "edges": [
            {"id": "a", "type": "edge", "sourceId": "in", "targetId": "items"},
            {"id": "b", "type": "edge", "sourceId": "items", "targetId": "out"},
        ],
    }
    decision = engine.ZenEngine().create_decision(json.dumps(content))
    days = [name for name in table.schema.names if pa.types.is_date(table.schema.field(name).type)]
    for name in days:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(name).cast(pa.int32()))
    subjects = table.to_pylist()

    def run() -> Counts:
        counts = np.zeros((len(workload.items), 2), np.int64)
        for subject in subjects:
            result = decision.evaluate(subject)["result"]
            for place in range(len(workload.items)):
                counts[place, 0] += result[f"met_{place}"]
                counts[place, 1] += result[f"open_{place}"]
        return counts

    return run


PEERS = (
    Peer(
        "Polars",
        "one lazy query, common subexpressions, categorical strings, money as integers",
        10**9,
        5_000,
        polars,
        each=True,
    ),
    Peer(
        "DuckDB", "one SQL aggregate over its own table, money as integers", 1_000_000, 300, duckdb, slow=True
    ),
    Peer(
        "OpenFisca-core",
        "vectorised variables, shared by the items, a mask beside each fact",
        1_000_000,
        300,
        openfisca,
    ),
    Peer("zen-engine", "one decision of expressions, subject by subject", 300, 300, zen),
)
