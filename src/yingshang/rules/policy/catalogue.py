"""The facts that conditions may speak of: declared once, with a code, a Chinese name, a type and a source.

A condition may use either name. A fact that is one year of a series is read from that year's column, counted from the
date of the decision: `fin.revenue.prev_year`, decided as of 2026, is the column `fin.revenue.2025`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from yingshang.rules.errors import PolicyError
from yingshang.rules.policy.marked_yaml import Place

TYPES = frozenset(
    {"number", "string", "boolean", "date", "list<string>", "list<number>", "list<context>", "context"}
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact, or one field of a line of a list. `series` facts are stored a year a column, `<code>.<year>`.

    `code_list` names a public list whose codes are the only values: `regions` or `industries`.
    """

    code: str
    name: str
    type: str
    unit: str | None = None
    agency: str | None = None
    sensitivity: str = "internal"
    fresh_for: str | None = None
    description: str | None = None
    values: tuple[str, ...] = ()
    code_list: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    decimals: int | None = None
    series: bool = False
    series_of: str | None = None
    year_offset: int = 0
    fields: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class FactCatalogue:
    """Facts by code and by Chinese name. `closed` is false where the columns of a file are all we know."""

    facts: Mapping[str, Fact] = field(default_factory=dict)
    closed: bool = True
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)
    """Where each fact is declared, by code, as far as that is known."""

    @cached_property
    def by_name(self) -> dict[str, Fact]:
        """Facts by Chinese name."""
        return {fact.name: fact for fact in self.facts.values()}

    @cached_property
    def fields(self) -> dict[str, Fact]:
        """Fields of lines, by code and by Chinese name."""
        found: dict[str, Fact] = {}
        for fact in self.facts.values():
            for each in fact.fields:
                found.setdefault(each.code, each)
                found.setdefault(each.name, each)
        return found

    @cached_property
    def certain_fields(self) -> dict[str, Fact]:
        """Fields of lines by code, where every list that has one declares the same of it."""
        found: dict[str, Fact] = {}
        differing: set[str] = set()
        for each in (one for fact in self.facts.values() for one in fact.fields):
            known = found.setdefault(each.code, each)
            if (known.type, known.values, known.minimum, known.maximum) != (
                each.type,
                each.values,
                each.minimum,
                each.maximum,
            ):
                differing.add(each.code)
        return {code: each for code, each in found.items() if code not in differing}

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name an expression may use, for the parser."""
        found: set[str] = set(self.fields)
        for fact in self.facts.values():
            found.update((fact.code, fact.name))
            if fact.series:
                for year in range(2000, 2100):
                    found.add(f"{fact.code}.{year}")
        return frozenset(found)

    def find(self, name: str) -> Fact | None:
        """The fact of a code or a Chinese name; one year of a series (`fin.revenue.2024`, 营业收入2024年) included."""
        fact = self.facts.get(name) or self.by_name.get(name)
        if fact is not None:
            return fact
        base, year = split_year(name)
        series = (self.facts.get(base) or self.by_name.get(base)) if year else None
        return series if series is not None and series.series else None

    def column(self, name: str, year: int) -> str | None:
        """The column that holds a fact in decisions of `year`; None if there is no such fact."""
        fact = self.facts.get(name) or self.by_name.get(name)
        if fact is None:
            base, written_year = split_year(name)
            series = (self.facts.get(base) or self.by_name.get(base)) if written_year else None
            return f"{series.code}.{written_year}" if series is not None and series.series else None
        if fact.series_of:
            return f"{fact.series_of}.{year + fact.year_offset}"
        return fact.code

    def fact_of_column(self, column: str) -> Fact | None:
        """The fact a column holds."""
        return self.find(column)

    def suggestions(self, name: str) -> list[str]:
        """Names close to a name that is not there."""
        pool = [*self.facts, *self.by_name, *self.fields]
        return difflib.get_close_matches(name, pool, n=3, cutoff=0.6)


def split_year(name: str) -> tuple[str, int | None]:
    """`fin.revenue.2024` as ("fin.revenue", 2024), 营业收入2024年 as ("营业收入", 2024); else (name, None)."""
    base, dot, tail = name.rpartition(".")
    if dot and len(tail) == 4 and tail.isdigit():
        return base, int(tail)
    if name.endswith("年") and len(name) > 5 and name[-5:-1].isdigit():
        return name[:-5], int(name[-5:-1])
    return name, None


def catalogue_from_data(data: Mapping[str, Any], file: str) -> FactCatalogue:
    """A catalogue from the plain data of its file. Raises PolicyError naming the fact and the field."""
    facts: dict[str, Fact] = {}
    names: dict[str, str] = {}
    for index, entry in enumerate(data.get("facts") or []):
        fact = _fact(entry, file, f"facts[{index}]")
        for label in {fact.code, fact.name}:
            if label in names:
                raise PolicyError(
                    f"{file}: the fact {label!r} is declared twice",
                    message_zh=f"{file}：事实“{label}”重复声明",
                    file=file,
                    field=f"facts[{index}]",
                )
            names[label] = fact.code
        facts[fact.code] = fact
    return FactCatalogue(facts)


def _fact(entry: Any, file: str, path: str) -> Fact:
    if not isinstance(entry, dict) or not entry.get("code"):
        raise PolicyError(
            f"{file}: {path} needs a code, a name and a type",
            message_zh=f"{file}：{path} 缺少 code、name 或 type",
            file=file,
            field=path,
        )
    kind = str(entry.get("type", "")).replace(" ", "")
    if kind not in TYPES:
        close = difflib.get_close_matches(kind, sorted(TYPES), n=1)
        raise PolicyError(
            f"{file}: {path} ({entry['code']}): {kind!r} is no type; write one of {', '.join(sorted(TYPES))}",
            message_zh=f"{file}：{path}（{entry['code']}）的类型“{kind}”无效"
            + (f"，是否为 {close[0]}？" if close else ""),
            file=file,
            field=f"{path}.type",
        )
    code = str(entry["code"])
    fields = entry.get("fields") or ()
    return Fact(
        code=code,
        name=str(entry.get("name") or code),
        type=kind,
        unit=entry.get("unit"),
        agency=entry.get("agency"),
        sensitivity=str(entry.get("sensitivity", "internal")),
        fresh_for=entry.get("fresh_for"),
        description=entry.get("description"),
        values=tuple(str(each) for each in entry.get("values") or ()),
        code_list=str(entry["code_list"]) if entry.get("code_list") else None,
        minimum=_decimal(entry.get("minimum")),
        maximum=_decimal(entry.get("maximum")),
        decimals=int(entry["decimals"]) if entry.get("decimals") is not None else None,
        series=entry.get("series") == "year",
        series_of=entry.get("series_of"),
        year_offset=int(entry.get("year_offset") or 0),
        fields=tuple(_fact(each, file, f"{path}.fields[{index}]") for index, each in enumerate(fields)),
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
