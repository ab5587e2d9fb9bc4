"""What comes before the rules: reading a population, and reading and compiling policies."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from bench.policies import DAY, policy_files
from bench.workload import Workload, programs_of
from yingshang.kernel.reference.api import open_subjects
from yingshang.rules.columns import compile_programs
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.decide import RowEvaluator
from yingshang.rules.policy.document import load_policies


@dataclass(frozen=True, slots=True)
class FileFigure:
    """Seconds to read a file of subjects as `yingshang match` does: typed, checked, bad rows set apart."""

    kind: str
    rows: int
    columns: int
    megabytes: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Loading:
    """Seconds. `parse` is from texts to items, `programs` from items to programs, then the two evaluators' own."""

    items: int
    parse: float
    programs: float
    row_plan: float
    column_plan: float
    files: list[FileFigure]


def measure_loading(workload: Workload, repeats: int) -> Loading:
    """Policies, then the whole table as Parquet and as CSV, in a temporary folder."""
    texts = policy_files(workload)
    started = time.perf_counter()
    found = load_policies(texts)
    parsed = time.perf_counter()
    compiled = compile_items(found.items, found.catalogue, DAY)
    programs = time.perf_counter()
    if problems := [*found.problems, *compiled.problems]:
        raise SystemExit(f"the policies of the bench do not compile: {problems[0]}")
    RowEvaluator(compiled.programs, found.catalogue)
    row_plan = time.perf_counter()
    plan = compile_programs(programs_of(workload))
    plan.bind(workload.table.schema)
    column_plan = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="yingshang-bench-") as folder:
        paths = _write(workload.table, Path(folder))
        files = [_read(path, workload.table.num_rows, repeats) for path in paths]
    return Loading(
        items=len(found.items),
        parse=parsed - started,
        programs=programs - parsed,
        row_plan=row_plan - programs,
        column_plan=column_plan - row_plan,
        files=files,
    )


def _write(table: pa.Table, folder: Path) -> list[Path]:
    ids = pa.array([f"S{row:09d}" for row in range(table.num_rows)])
    table = table.add_column(0, "subject", ids)
    parquet, text = folder / "subjects.parquet", folder / "subjects.csv"
    pq.write_table(table, parquet)
    plain = [
        field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    pa_csv.write_csv(table.cast(pa.schema(plain)), text)
    return [parquet, text]


def _read(path: Path, rows: int, repeats: int) -> FileFigure:
    catalogue = load_policies([policy_files(Workload(pa.table({}), (), ()))[0]]).catalogue
    best = float("inf")
    columns = 0
    for _ in range(repeats):
        started = time.perf_counter()
        file = open_subjects(path, catalogue=catalogue)
        read = file.read()
        best = min(best, time.perf_counter() - started)
        if read.num_rows != rows or file.rejected_rows:
            raise SystemExit(f"{path.name}: {rows - read.num_rows} of {rows} rows were not read")
        columns = read.num_columns
    kind = "Parquet" if path.suffix == ".parquet" else "CSV"
    return FileFigure(kind, rows, columns, path.stat().st_size / 1e6, best)
