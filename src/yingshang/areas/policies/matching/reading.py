"""From tables of facts to bits: any number of enterprises, evaluated by the column evaluator. Reads no database."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from yingshang.kernel.parties.api import SnapshotFile
from yingshang.kernel.reference.api import UnknownFact, arrow_type, get_fact
from yingshang.rules.columns.planes import Words, pack

from .engine import Engine
from .planes import BUCKET, BucketMatch, dense, fill, nobody

PARTY, PLACE = "party", "place"


@dataclass(frozen=True)
class Population:
    """Some enterprises of one bucket: their numbers, the paths of their regions, and their facts in one form."""

    bucket: int
    parties: npt.NDArray[np.int64]
    places: pa.DictionaryArray
    facts: pa.RecordBatch

    def within(self, path: str, positions: npt.NDArray[np.int64], bits: int) -> Words:
        """The plane of those in a region, at these bits."""
        inside = np.array([each.startswith(path) for each in self.places.dictionary.to_pylist()], np.bool_)
        there = np.zeros(bits, np.bool_)
        if len(inside):
            there[positions] = inside[self.places.indices.to_numpy(zero_copy_only=False)]
        return pack(there)

    @cached_property
    def offsets(self) -> npt.NDArray[np.int64]:
        """The bits of the enterprises in their bucket."""
        return self.parties - self.bucket * BUCKET


def read_population(path: Path, bucket: int, engine: Engine) -> Population:
    """One file of the snapshot, as far as anything reads it."""
    footer = pq.read_metadata(path)
    schema = footer.schema.to_arrow_schema()
    wanted = [name for name in (PARTY, PLACE, *engine.columns) if name in schema.names]
    texts = [name for name in wanted if pa.types.is_string(schema.field(name).type)]
    table = pq.ParquetFile(path, metadata=footer, read_dictionary=texts).read(columns=wanted)
    return population(table, bucket, engine)


def population(table: pa.Table, bucket: int, engine: Engine) -> Population:
    """A table with the columns of the snapshot."""
    places = table.column(PLACE).combine_chunks()
    if not pa.types.is_dictionary(places.type):
        places = places.dictionary_encode()
    return Population(
        bucket,
        table.column(PARTY).to_numpy().astype(np.int64),
        places,
        _in_one_form(table, engine.columns),
    )


def _in_one_form(table: pa.Table, names: Sequence[str]) -> pa.RecordBatch:
    """The columns that are read, of the types they always have: a plan is made ready once for each form of table."""
    arrays, kept = [], []
    for name in names:
        try:
            kind = arrow_type(get_fact(name))
        except UnknownFact:
            # A figure of the law that has no value that day: unknown to everybody, as a column that is not there.
            continue
        kept.append(name)
        known = name in table.column_names
        column = table.column(name).combine_chunks() if known else pa.nulls(len(table), kind)
        if pa.types.is_string(column.type):
            column = column.dictionary_encode()
        arrays.append(column)
    if not kept:
        return pa.RecordBatch.from_arrays([pa.nulls(len(table), pa.bool_())], names=[PARTY])
    return pa.RecordBatch.from_arrays(arrays, names=kept)


def match_few(engine: Engine, people: Population) -> BucketMatch:
    """Some enterprises at the bits 0, 1, 2 …, in the order of the table."""
    match = nobody(len(engine.versions))
    count = len(people.parties)
    masks: dict[str, Words] = {}

    def within(path: str) -> Words:
        if path not in masks:
            masks[path] = people.within(path, np.arange(count), BUCKET)
        return masks[path]

    if count and engine.versions:
        chunk = engine.plan.outcomes(people.facts)
        fill(match, chunk, slice(0, chunk.rows), 0, engine.places, within)
    return match


def match_all(
    engine: Engine,
    files: Iterable[SnapshotFile],
    done: Callable[[Population, BucketMatch], None],
    *,
    threads: int | None = None,
) -> None:
    """Whole buckets, each handed over in the calling thread as soon as it is complete, in their order.

    The next ones are read and evaluated meanwhile: what takes long there lets the interpreter go.
    """
    workers = threads or pa.cpu_count()
    if workers == 1:
        for file in files:
            done(*_match_file(engine, file))
        return
    # Made before there are threads: two of them would make it twice.
    _ = engine.plan, engine.columns, engine.places
    with ThreadPoolExecutor(workers, thread_name_prefix="match") as pool:
        under_way: deque[Future[tuple[Population, BucketMatch]]] = deque()
        try:
            for file in files:
                under_way.append(pool.submit(_match_file, engine, file))
                if len(under_way) > workers:
                    done(*under_way.popleft().result())
            while under_way:
                done(*under_way.popleft().result())
        finally:
            pool.shutdown(cancel_futures=True)


def _match_file(engine: Engine, file: SnapshotFile) -> tuple[Population, BucketMatch]:
    people = read_population(file.path, file.bucket, engine)
    match = nobody(len(engine.versions))
    masks: dict[str, Words] = {}

    def within(path: str) -> Words:
        if path not in masks:
            masks[path] = people.within(path, people.offsets, BUCKET)
        return masks[path]

    chunk = engine.plan.outcomes(dense(people.facts, people.parties, people.bucket))
    fill(match, chunk, slice(0, BUCKET), 0, engine.places, within)
    return people, match
