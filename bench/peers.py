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
    """An engine in one form. It is asked at each number of `items`, over at most `rows` rows."""

    engine: str
    form: str
    means: str
    items: tuple[int, ...]
    prepare: Callable[[Workload], Callable[[], Counts]]
    rows: int = 10**9


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


def duckdb_filters(workload: Workload) -> Callable[[], Counts]:
    """The query one would write: one aggregate, with a filter for each item."""
    columns = []
    for item in workload.items:
        met = " and ".join(f"({_sql(workload, place)})" for place in item)
        columns += [
            f"count(*) filter (where {met})",
            f"count(*) filter (where ({met}) is distinct from false)",
        ]
    return _duckdb(workload, f"select {', '.join(columns)} from subjects")


def duckdb_columns(workload: Workload) -> Callable[[], Counts]:
    """The fastest of five forms tried: distinct conditions are columns, items are columns over them, then a count."""
    used = sorted({place for item in workload.items for place in item})
    conditions = ", ".join(f"({_sql(workload, place)}) as c{place}" for place in used)
    items = ", ".join(
        f"({' and '.join(f'c{each}' for each in item)}) as i{place}"
        for place, item in enumerate(workload.items)
    )
    counts = ", ".join(
        f"count_if(i{place}), count_if(i{place} is distinct from false)"
        for place in range(len(workload.items))
    )
    return _duckdb(
        workload,
        f"with c as (select {conditions} from subjects), i as (select {items} from c) select {counts} from i",
    )


def _duckdb(workload: Workload, query: str) -> Callable[[], Counts]:
    import duckdb as engine

    connection = engine.connect()
    connection.register("source", _plain_table(workload.table))
    connection.execute("create table subjects as select * from source")

    def run() -> Counts:
        row = connection.execute(query).fetchone()
        assert row is not None
        return np.array(row, np.int64).reshape(-1, 2)

    return run


def _sql(workload: Workload, place: int) -> str:
    test = workload.tests[place]

    def literal(value: Any) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, datetime.date):
            return f"date '{value}'"
        return str(_scaled(workload.table, test)) if isinstance(value, Decimal) else f"'{value}'"

    if isinstance(test.value, tuple):
        return f"{test.column} in ({', '.join(map(literal, test.value))})"
    return f"{test.column} {test.operator} {literal(test.value)}"


# --- OpenFisca ----------------------------------------------------------------------------------------------------


def openfisca_items(workload: Workload) -> Callable[[], Counts]:
    """As country packages are written: a variable for each item, whose formula reads the inputs it names and compares
    them there. OpenFisca has no unknown, so that a mask stands beside each input; the outcome is 2 for entitled, 1 for
    undecided, 0 for refused."""
    model = _Model(workload)

    def item_formula(tests: list[Test]) -> Any:
        conditions = [(test.column, f"{test.column}_known", model.comparison(test)) for test in tests]

        def formula(enterprise: Any, period: Any) -> Any:
            entitled: Any = True
            possible: Any = True
            for column, mask, compare in conditions:
                known = enterprise(mask, period)
                holds = compare(enterprise(column, period))
                entitled = entitled & holds & known
                possible = possible & (holds | ~known)
            return entitled.astype(np.int32) + possible

        return formula

    for place, item in enumerate(workload.items):
        model.variable(f"item_{place}", int, item_formula([workload.tests[each] for each in item]))

    def run() -> Counts:
        simulation = model.simulation()
        counts = np.empty((len(workload.items), 2), np.int64)
        for place in range(len(workload.items)):
            outcome = simulation.calculate(f"item_{place}", model.period)
            counts[place] = np.count_nonzero(outcome == 2), np.count_nonzero(outcome)
            simulation.delete_arrays(f"item_{place}")
        return counts

    return run


def openfisca_conditions(workload: Workload) -> Callable[[], Counts]:
    """By hand for speed: each distinct condition is a variable, which OpenFisca keeps, and items only combine them."""
    model = _Model(workload)

    def condition(test: Test, open_: bool) -> Any:
        compare, column, mask = model.comparison(test), test.column, f"{test.column}_known"
        if open_:
            return lambda enterprise, period: compare(enterprise(column, period)) | ~enterprise(mask, period)
        return lambda enterprise, period: compare(enterprise(column, period)) & enterprise(mask, period)

    def conjunction(names: list[str]) -> Any:
        def formula(enterprise: Any, period: Any) -> Any:
            met = enterprise(names[0], period)
            for each in names[1:]:
                met = met & enterprise(each, period)
            return met

        return formula

    for place in sorted({each for item in workload.items for each in item}):
        model.variable(f"met_{place}", bool, condition(workload.tests[place], False))
        model.variable(f"open_{place}", bool, condition(workload.tests[place], True))
    for place, item in enumerate(workload.items):
        model.variable(f"item_met_{place}", bool, conjunction([f"met_{each}" for each in item]))
        model.variable(f"item_open_{place}", bool, conjunction([f"open_{each}" for each in item]))

    def run() -> Counts:
        simulation = model.simulation()
        counts = np.empty((len(workload.items), 2), np.int64)
        for place in range(len(workload.items)):
            for column, kind in enumerate(("met", "open")):
                name = f"item_{kind}_{place}"
                counts[place, column] = np.count_nonzero(simulation.calculate(name, model.period))
                simulation.delete_arrays(name)
        return counts

    return run


class _Model:
    """An OpenFisca system with the inputs of a workload: strings as codes, days as integers, a mask beside each."""

    period = "2026"

    def __init__(self, workload: Workload) -> None:
        from openfisca_core.entities import build_entity
        from openfisca_core.taxbenefitsystems import TaxBenefitSystem

        self._table = workload.table
        self._entity = build_entity("enterprise", "enterprises", "", is_person=True)
        self._system = TaxBenefitSystem([self._entity])
        self._inputs: dict[str, npt.NDArray[Any]] = {}
        self._vocabularies: dict[str, dict[str, int]] = {}
        for name, column in zip(workload.table.schema.names, workload.table.columns, strict=True):
            self._add_input(name, column.combine_chunks())

    def _add_input(self, name: str, array: pa.Array) -> None:
        array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
        known = array.is_valid().to_numpy(zero_copy_only=False)
        kind: type = int
        if pa.types.is_dictionary(array.type):
            self._vocabularies[name] = {text: code for code, text in enumerate(array.dictionary.to_pylist())}
            values = array.indices.fill_null(0).to_numpy()
        elif pa.types.is_decimal(array.type):
            # OpenFisca's floats have 32 bits: here the counts come out the same all the same.
            kind, values = float, _integers(array).fill_null(0).to_numpy().astype(np.float32)
        elif pa.types.is_date(array.type):
            values = array.cast(pa.int32()).fill_null(0).to_numpy()
        elif pa.types.is_boolean(array.type):
            kind, values = bool, array.fill_null(False).to_numpy(zero_copy_only=False)
        else:
            values = array.fill_null(0).to_numpy()
        self._inputs[name], self._inputs[f"{name}_known"] = values, known
        self.variable(name, kind)
        self.variable(f"{name}_known", bool)

    def variable(self, name: str, kind: type, formula: Any = None) -> None:
        """A variable of the system, an input unless it has a formula."""
        from openfisca_core.periods import DateUnit
        from openfisca_core.variables import Variable

        body: dict[str, Any] = {
            "value_type": kind,
            "entity": self._entity,
            "definition_period": DateUnit.YEAR,
        }
        if formula is not None:
            body["formula"] = formula
        self._system.add_variable(type(name, (Variable,), body))

    def comparison(self, test: Test) -> Callable[[Any], Any]:
        """The condition over the array of its input."""
        value: Any = test.value
        if isinstance(value, tuple):
            codes = np.array([self._vocabularies[test.column][each] for each in value])
            return lambda array: np.isin(array, codes)
        if isinstance(value, str):
            value = self._vocabularies[test.column][value]
        elif isinstance(value, datetime.date):
            value = (value - datetime.date(1970, 1, 1)).days
        elif isinstance(value, Decimal):
            value = _scaled(self._table, test)
        compare: dict[str, Callable[[Any, Any], Any]] = {
            ">=": np.greater_equal,
            ">": np.greater,
            "<": np.less,
            "<=": np.less_equal,
            "=": np.equal,
        }
        chosen = compare[test.operator]
        return lambda array: chosen(array, value)

    def simulation(self) -> Any:
        """A simulation with the inputs set, and nothing worked out yet."""
        from openfisca_core.simulations import SimulationBuilder

        simulation = SimulationBuilder().build_default_simulation(self._system, self._table.num_rows)
        for name, values in self._inputs.items():
            simulation.set_input(name, self.period, values)
        return simulation


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
        "expressions",
        "one lazy query, common subexpressions, categorical strings, money as integers",
        (300, 1_500, 5_000),
        polars,
    ),
    Peer(
        "DuckDB",
        "filters",
        "the query one would write: one aggregate, a filter clause for each item; money as integers",
        (300,),
        duckdb_filters,
    ),
    Peer(
        "DuckDB",
        "columns",
        "the fastest of five forms tried: distinct conditions as columns, items as columns over them, then counts",
        (300, 1_500),
        duckdb_columns,
    ),
    Peer(
        "OpenFisca-core",
        "one formula an item",
        "as country packages are written: each formula compares the inputs it names, with a mask for what is missing",
        (300, 1_500, 5_000),
        openfisca_items,
    ),
    Peer(
        "OpenFisca-core",
        "shared conditions",
        "by hand for speed: each distinct condition a variable that is kept, items only combine them",
        (300, 1_500),
        openfisca_conditions,
    ),
    Peer(
        "zen-engine",
        "expressions",
        "one decision of expressions, subject by subject",
        (300, 1_500),
        zen,
        rows=100,
    ),
)
