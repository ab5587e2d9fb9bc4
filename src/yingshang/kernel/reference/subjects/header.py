"""What the columns of a file are: the id, facts of the catalogue, or something the rules do not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from yingshang.rules.policy.catalogue import Fact, FactCatalogue, split_year

from .source import unreadable

DEFAULT_ID = "subject"
_LIKELY_IDS = (
    "统一社会信用代码",
    "社会信用代码",
    "信用代码",
    "credit_code",
    "uscc",
    "企业编号",
    "编号",
    "id",
    "ID",
)
_SHOWN_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where it lies, what the file calls it, and what it is delivered as."""

    position: int
    header: str
    name: str
    role: Literal["id", "fact", "open", "kept"]
    fact: Fact | None = None


@dataclass(frozen=True, slots=True)
class IgnoredColumn:
    """A column no rule can speak of, and why."""

    name: str
    message: str
    message_zh: str


def plan_columns(
    path: Path,
    header: Sequence[str],
    *,
    catalogue: FactCatalogue | None,
    id_column: str | None,
    year: int | None,
) -> tuple[list[Column], list[IgnoredColumn]]:
    """The columns in the order of the file, and those that are ignored for rules.

    Columns without a name are left out. Raises SubjectsError for a name or a fact that occurs twice, and when there is
    no id column.
    """
    wanted = _find_id(path, header, id_column)
    columns: list[Column] = []
    ignored: list[IgnoredColumn] = []
    places: dict[str, int] = {}
    for position, name in enumerate(header):
        if not name:
            ignored.append(
                IgnoredColumn(
                    f"#{position + 1}", f"column {position + 1} has no name", f"第 {position + 1} 列没有列名"
                )
            )
            continue
        column = _column(position, name, wanted, catalogue, year, header, ignored)
        before = places.setdefault(column.name, position)
        if before != position:
            both = f"{header[before]!r} and {name!r}" if header[before] != name else f"{name!r}"
            both_zh = f"“{header[before]}”与“{name}”" if header[before] != name else f"“{name}”"
            raise unreadable(
                path,
                f"columns {before + 1} and {position + 1} are the same: {both}",
                f"第 {before + 1} 列与第 {position + 1} 列重复：{both_zh}",
                columns=[header[before], name],
            )
        columns.append(column)
    return columns, ignored


def _find_id(path: Path, header: Sequence[str], id_column: str | None) -> str:
    wanted = (id_column or DEFAULT_ID).strip()
    if wanted in header:
        return wanted
    near = get_close_matches(wanted, header, n=3, cutoff=0.6)
    near += [name for name in _LIKELY_IDS if name in header and name not in near]
    shown = [name for name in header if name][:_SHOWN_COLUMNS]
    hint = f"; did you mean --id {near[0]}?" if near else "; name the id column with --id COLUMN"
    hint_zh = f"，是否为 --id {near[0]}？" if near else "，请用 --id 列名 指定主体标识列"
    raise unreadable(
        path,
        f"there is no column {wanted!r}{hint} The columns are {', '.join(shown)}"
        + (" …" if len(header) > len(shown) else ""),
        f"没有“{wanted}”列{hint_zh}现有列：{'、'.join(shown)}" + (" 等" if len(header) > len(shown) else ""),
        column=wanted,
        suggestions=near,
    )


def _column(
    position: int,
    name: str,
    id_column: str,
    catalogue: FactCatalogue | None,
    year: int | None,
    header: Sequence[str],
    ignored: list[IgnoredColumn],
) -> Column:
    if name == id_column:
        return Column(position, name, name, "id")
    if catalogue is None or (not catalogue.closed and catalogue.find(name) is None):
        return Column(position, name, name, "open")
    fact = catalogue.find(name)
    if fact is None:
        near = [each for each in catalogue.suggestions(name) if each != name]
        ignored.append(
            IgnoredColumn(
                name,
                "no fact of the catalogue" + (f"; did you mean {', '.join(near)}?" if near else ""),
                "不是事实目录中的事实" + (f"，是否为：{'、'.join(near)}？" if near else ""),
            )
        )
        return Column(position, name, name, "kept")
    if fact.series:
        _, written = split_year(name)
        if written is None:
            example = f"{fact.name}2025年" if name == fact.name else f"{fact.code}.2025"
            ignored.append(
                IgnoredColumn(
                    name,
                    f"a yearly series: name the year, as in {example}",
                    f"年度序列，请在列名中写明年份，如 {example}",
                )
            )
            return Column(position, name, name, "kept")
        return Column(position, name, f"{fact.code}.{written}", "fact", fact)
    code = fact.code
    if fact.series_of and year is not None:
        code = f"{fact.series_of}.{year + fact.year_offset}"
        if any(other != name and catalogue.column(other, year) == code for other in header):
            ignored.append(
                IgnoredColumn(name, f"{code} is there as well, and counts", f"已有 {code} 列，以该列为准")
            )
            return Column(position, name, fact.code, "kept")
    return Column(position, name, code, "fact", fact)
