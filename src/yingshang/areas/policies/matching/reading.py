"""From tables of facts to bits: any number of enterprises, evaluated by the column evaluator. Reads no database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from yingshang.kernel.reference.api import UnknownFact, arrow_type, get_fact
from yingshang.rules.columns import ChunkOutcomes
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
    file = pq.ParquetFile(path)
    schema = file.schema_arrow
    wanted = [name for name in (PARTY, PLACE, *engine.columns) if name in schema.names]
    texts = [name for name in wanted if pa.types.is_string(schema.field(name).type)]
    table = pq.ParquetFile(path, read_dictionary=texts).read(columns=wanted)
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

    def visit(chunk: ChunkOutcomes) -> None:
        fill(match, chunk, slice(0, chunk.rows), chunk.first_row, engine.places, within)

    if count and engine.versions:
        engine.plan.evaluate(people.facts, threads=1, visit=visit)
    return match


def match_all(
    engine: Engine,
    people: Iterable[Population],
    done: Callable[[Population, BucketMatch], None],
    *,
    threads: int | None = None,
) -> None:
    """Whole buckets, one after the other, each handed over as soon as it is complete."""
    coming: list[Population] = []
    match: BucketMatch | None = None
    masks: dict[str, Words] = {}
    filled = 0

    def batches() -> Iterator[pa.RecordBatch]:
        for each in people:
            coming.append(each)
            yield dense(each.facts, each.parties, each.bucket)

    def within(path: str) -> Words:
        if path not in masks:
            masks[path] = coming[0].within(path, coming[0].offsets, BUCKET)
        return masks[path]

    def visit(chunk: ChunkOutcomes) -> None:
        nonlocal match, filled
        start = 0
        while start < chunk.rows:
            if match is None:
                match, filled = nobody(len(engine.versions)), 0
                masks.clear()
            end = min(chunk.rows, start + BUCKET - filled)
            fill(match, chunk, slice(start, end), filled, engine.places, within)
            filled += end - start
            start = end
            if filled == BUCKET:
                done(coming.pop(0), match)
                match = None

    engine.plan.evaluate(batches(), threads=threads, visit=visit)
