"""The enterprises of a place, column by column, from the snapshot; each column read once and kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yingshang.kernel.reference.api import find_region

REGION, SUBJECT = "ent.region", "subject"
_LARGEST_DICTIONARY = 16_384

Progress = Callable[[int, int], None]
"""Called with the number of files done, and of all."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which enterprises: below one of the subtrees, or directly in one of the regions. "" is the whole country."""

    subtrees: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether the region with this path belongs to it."""
        return path in self.regions or any(path.startswith(each) for each in self.subtrees)

    @property
    def everywhere(self) -> bool:
        return "" in self.subtrees

    @property
    def empty(self) -> bool:
        return not self.subtrees and not self.regions


class SnapshotGone(Exception):
    """The files have been replaced by newer ones in between."""


@dataclass
class Population:
    """The rows of a place in the files of one snapshot. Not to be read by two threads at once."""

    files: tuple[Path, ...]
    place: Place
    rows: int = 0
    columns: dict[str, pa.ChunkedArray] = field(default_factory=dict)
    # The rows of the place in each file; None: all of them.
    _chosen: list[pa.Array | None] | None = None
    _names: frozenset[str] = frozenset()

    def batch(self, names: Sequence[str], progress: Progress) -> pa.RecordBatch:
        """These columns as one batch, without those that no file has. Raises SnapshotGone."""
        try:
            self._read([name for name in names if name not in self.columns], progress)
        except FileNotFoundError as error:
            raise SnapshotGone from error
        known = [name for name in dict.fromkeys(names) if name in self.columns]
        return pa.RecordBatch.from_arrays([_whole(self.columns[name]) for name in known], names=known)

    @property
    def nbytes(self) -> int:
        return sum(each.nbytes for each in list(self.columns.values()))

    def keep(self, names: Collection[str]) -> None:
        """Let go of all other columns."""
        self.columns = {name: column for name, column in self.columns.items() if name in names}

    def _read(self, names: Sequence[str], progress: Progress) -> None:
        if self._chosen is None:
            self._names = frozenset(name for file in self.files for name in pq.read_schema(file).names)
        wanted = [name for name in names if name in self._names]
        if not wanted and self._chosen is not None:
            return
        chosen: list[pa.Array | None] = []
        tables: list[pa.Table] = []
        for number, file in enumerate(self.files):
            progress(number, len(self.files))
            table, mask = self._part(file, number, wanted)
            tables.append(table)
            chosen.append(mask)
        self.rows = sum(table.num_rows for table in tables) if self._chosen is None else self.rows
        self._chosen = chosen
        for name in wanted:
            self.columns[name] = _joined(
                name, [table.column(name) if name in table.column_names else len(table) for table in tables]
            )

    def _part(self, file: Path, number: int, wanted: Sequence[str]) -> tuple[pa.Table, pa.Array | None]:
        """The wanted columns of the rows of the place in one file."""
        narrowed = not self.place.everywhere
        known = self._chosen is not None
        needed = {*wanted, *((REGION,) if narrowed and not known else ())}
        there = [name for name in pq.read_schema(file).names if name in needed] or [SUBJECT]
        table = pq.read_table(file, columns=there, use_threads=True)
        if not narrowed:
            return table, None
        mask = self._chosen[number] if self._chosen is not None else self._within(table.column(REGION))
        return table.filter(mask), mask

    def _within(self, regions: pa.ChunkedArray) -> pa.Array:
        """Which rows lie in the place. Who is nowhere belongs to no place."""
        encoded = regions.combine_chunks().dictionary_encode()
        inside = []
        for code in encoded.dictionary.to_pylist():
            found = find_region(str(code))
            inside.append(self.place.holds(found.path if found else str(code)))
        belongs = pa.array([*inside, False], pa.bool_())
        return belongs.take(encoded.indices.fill_null(len(inside)))


def _joined(name: str, parts: Sequence[pa.ChunkedArray | int]) -> pa.ChunkedArray:
    """One column of all files: of the widest type, with nulls where a file (its length) lacks it, strings as codes."""
    types = [part.type for part in parts if not isinstance(part, int)]
    kind = (
        pa.unify_schemas(
            [pa.schema([pa.field("value", each)]) for each in dict.fromkeys(types)],
            promote_options="permissive",
        )
        .field(0)
        .type
    )
    chunks = [
        chunk
        for part in parts
        for chunk in ([pa.nulls(part, kind)] if isinstance(part, int) else part.cast(kind).chunks)
    ]
    column = pa.chunked_array(chunks, kind)
    if pa.types.is_string(kind) and name != SUBJECT:
        encoded = pc.dictionary_encode(column).unify_dictionaries()
        if encoded.num_chunks and len(encoded.chunk(0).dictionary) <= _LARGEST_DICTIONARY:
            column = encoded
    return pa.chunked_array([_whole(column)], column.type)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    found = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(found, pa.ChunkedArray):
        found = found.chunk(0) if found.num_chunks else pa.array([], column.type)
    return found
