"""A batch of rows of a file, laid out for the database: what each row says, by source, as JSON texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from yingshang.kernel.reference.api import get_fact

from .facts import definition_of
from .history import NAME
from .json_columns import as_json, listed, members, objects, wrapped
from .names import search_vector
from .registration import STATUS, Registration, matters, registration

NAME_COLUMNS = (NAME, "名称", "企业名称", "主体名称", "单位名称", "市场主体名称")
EMAIL_COLUMNS = ("contact_email", "登记联系邮箱", "联系邮箱", "电子邮箱")
PHONE_COLUMNS = ("contact_phone", "登记联系电话", "联系电话", "手机号")
REMARKABLE = frozenset({*NAME_COLUMNS, *EMAIL_COLUMNS, *PHONE_COLUMNS})
"""Columns that are no facts and used nevertheless."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns of a file say what. Without `source` every fact comes from the agency the catalogue names."""

    id_column: str
    facts: tuple[str, ...]
    sources: tuple[tuple[str, tuple[str, ...]], ...]
    name: str | None
    name_source: str
    email: str | None
    phone: str | None

    @property
    def columns(self) -> list[str]:
        """What has to be read."""
        return [self.id_column, *self.facts, *(each for each in (self.name, self.email, self.phone) if each)]


@dataclass(slots=True)
class Incoming:
    """A batch: parallel lists, one entry a row. `said` is by source, `values` the same without the sources.

    `told_by` has for every source an array of booleans: whether it says anything in a row.
    """

    codes: list[str]
    said: list[str]
    values: list[str]
    registered: list[dict[str, Any]]
    emails: list[str | None]
    phones: list[str | None]
    told_by: list[tuple[str, Any]]
    _worked_out: list[tuple[Registration, str] | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.codes)

    def as_new(self, position: int) -> tuple[Registration, str]:
        """What the register would keep of a party that is known by this row alone, and how it would be found."""
        return (self._worked_out[position] if self._worked_out else None) or self._work_out(position)

    def work_out(self) -> None:
        """Work that out for all rows now, while there is time."""
        self._worked_out = [self._work_out(position) for position in range(len(self))]

    def _work_out(self, position: int) -> tuple[Registration, str]:
        told = registration(self.registered[position])
        return told, search_vector([told.name] if told.name else [], [self.codes[position]])


def layout_of(id_column: str, columns: Sequence[str], ignored: Sequence[str], source: str) -> Layout:
    """What the columns of a file are for. `ignored` are those that are no facts of the catalogue."""
    facts = [
        column
        for column in columns
        if column != id_column
        and column not in ignored
        and (found := definition_of(column))
        and found[0].about == "party"
    ]
    by_source: dict[str, list[str]] = {}
    for column in facts:
        by_source.setdefault(source or get_fact(column).agency, []).append(column)
    name_source = source or get_fact(STATUS).agency
    by_source.setdefault(name_source, [])
    return Layout(
        id_column=id_column,
        facts=tuple(facts),
        sources=tuple((each, tuple(own)) for each, own in by_source.items()),
        name=_first(NAME_COLUMNS, columns),
        name_source=name_source,
        email=_first(EMAIL_COLUMNS, columns),
        phone=_first(PHONE_COLUMNS, columns),
    )


def incoming(batch: pa.RecordBatch, layout: Layout) -> Incoming:
    """The rows of a batch in that layout."""
    rows = batch.num_rows
    parts = {
        column: members(column, as_json(batch.column(column), get_fact(column))) for column in layout.facts
    }
    names = _texts(batch, layout.name)
    if layout.name:
        parts[NAME] = members(NAME, as_json(names))
    groups, told_by = [], []
    for source, columns in layout.sources:
        own = [parts[column] for column in columns]
        if source == layout.name_source and NAME in parts:
            own.append(parts[NAME])
        told = wrapped(listed(own, rows))
        groups.append((source, told))
        told_by.append((source, told.is_valid().to_numpy(zero_copy_only=False)))
    return Incoming(
        codes=[each.strip().upper() for each in batch.column(layout.id_column).to_pylist()],
        said=objects(groups, rows).to_pylist(),
        values=_braced(listed(list(parts.values()), rows)),
        registered=_registered(batch, layout, names, rows),
        emails=_texts(batch, layout.email).to_pylist(),
        phones=_texts(batch, layout.phone).to_pylist(),
        told_by=told_by,
    )


def _registered(batch: pa.RecordBatch, layout: Layout, names: Any, rows: int) -> list[dict[str, Any]]:
    """The columns of the register, as the portrait of a party would hold them if this were all that is known."""
    columns: dict[str, list[Any]] = {
        column: _plain(batch.column(column)) for column in layout.facts if matters(column)
    }
    columns[NAME] = names.to_pylist()
    return [
        {column: value for column, values in columns.items() if (value := values[row]) is not None}
        for row in range(rows)
    ]


def _plain(column: Any) -> list[Any]:
    return column.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]


def _texts(batch: pa.RecordBatch, column: str | None) -> Any:
    if column is None:
        return pa.nulls(batch.num_rows, pa.string())
    texts = batch.column(column).cast(pa.string())
    return pa.array([(each or "").strip() or None for each in texts.to_pylist()], pa.string())


def _braced(texts: Any) -> list[str]:
    return [f"{{{each}}}" for each in texts.to_pylist()]


def _first(wanted: Sequence[str], columns: Sequence[str]) -> str | None:
    return next((each for each in wanted if each in columns), None)


def dumped(value: Any) -> str:
    """JSON as the batch writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
