"""The facts catalogue: every fact that can be known about a party, declared once in `data/facts.yaml`.

The head of that file describes its shape. This module reads it, checks that it does not contradict itself, and says
how a fact is laid out as an Arrow column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, get_args

import pyarrow as pa

from yingshang.rules.policy.catalogue import FactCatalogue, catalogue_from_data
from yingshang.rules.policy.marked_yaml import load_all

from .errors import InvalidCatalogue, UnknownFact
from .reference_data import load_yaml

FactType = Literal["number", "string", "boolean", "date", "list<string>", "list<context>"]
Sensitivity = Literal["public", "internal", "confidential", "personal"]
About = Literal["party", "application", "region", "nation"]

MONEY_UNITS = frozenset({"元", "美元"})
DECIMAL_PRECISION = 18


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """One column of the lines of a `list<context>` fact."""

    code: str
    name: str
    type: FactType
    unit: str | None = None
    decimals: int | None = None
    values: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FactDefinition:
    """One fact of the catalogue; the head of `data/facts.yaml` explains every attribute.

    `decimals` is filled in for every number and None otherwise.
    """

    code: str
    name: str
    type: FactType
    agency: str
    sensitivity: Sensitivity
    fresh_for: str
    unit: str | None = None
    decimals: int | None = None
    values: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    fields: tuple[FieldDefinition, ...] = ()
    code_list: Literal["regions", "townships", "industries"] | None = None
    series: Literal["year"] | None = None
    series_of: str | None = None
    year_offset: int | None = None
    about: About = "party"
    description: str = ""

    def column(self, year: int | None = None) -> str:
        """The column name: the code, with the year for a series (`fin.revenue.2025`)."""
        if (year is None) != (self.series is None):
            raise UnknownFact(
                f"{self.code} is "
                + ("a yearly series: name a year" if self.series else "not a yearly series"),
                message_zh=f"{self.name}" + ("是年度序列，须指明年份" if self.series else "不是年度序列"),
                value=self.code,
            )
        return self.code if year is None else f"{self.code}.{year}"


@cache
def facts() -> MappingProxyType[str, FactDefinition]:
    """The whole catalogue, code → fact, in the order of the file. Raises InvalidCatalogue."""
    definitions = [_fact(entry) for entry in load_yaml("facts.yaml")["facts"]]
    for attribute in ("code", "name"):
        repeated = [
            value
            for value, count in Counter(getattr(item, attribute) for item in definitions).items()
            if count > 1
        ]
        if repeated:
            raise InvalidCatalogue(
                f"facts.yaml repeats the {attribute} {', '.join(repeated)}",
                message_zh=f"事实目录中重复：{'、'.join(repeated)}",
                values=repeated,
            )
    catalogue = {item.code: item for item in definitions}
    for item in definitions:
        base = None if item.series_of is None else catalogue.get(item.series_of)
        if item.series_of is not None and (base is None or base.series is None or item.year_offset is None):
            raise InvalidCatalogue(
                f"{item.code}: series_of must name a yearly series and come with year_offset",
                message_zh=f"{item.name}：series_of 应指向年度序列并给出 year_offset",
                value=item.code,
            )
    return MappingProxyType(catalogue)


def get_fact(code: str) -> FactDefinition:
    """The fact with this code; a year of a series (`fin.revenue.2025`) gives the series. Raises UnknownFact."""
    found = facts().get(code)
    if found is not None:
        return found
    head, _, tail = code.rpartition(".")
    series = facts().get(head)
    if series is not None and series.series is not None and tail.isdigit() and len(tail) == 4:
        return series
    near = get_close_matches(code, facts(), n=3)
    raise UnknownFact(
        f"no fact {code!r} in the catalogue" + (f"; did you mean {', '.join(near)}?" if near else ""),
        message_zh=f"事实目录中没有“{code}”" + (f"，是否为：{'、'.join(near)}？" if near else ""),
        value=code,
        suggestions=near,
    )


@cache
def policy_catalogue() -> FactCatalogue:
    """The whole catalogue as policies read it: `catalogue: parties` in a policy file."""
    text = resources.files("yingshang.kernel.reference").joinpath("data/facts.yaml").read_text("utf-8")
    document = next(iter(load_all(text, "facts.yaml")))
    return catalogue_from_data(document.data, "facts.yaml")


def arrow_type(definition: FactDefinition | FieldDefinition) -> pa.DataType:
    """The Arrow type of a fact or field: whole numbers int64, other numbers decimal128(18, decimals), never floats."""
    match definition.type:
        case "number":
            places = definition.decimals or 0
            return pa.decimal128(DECIMAL_PRECISION, places) if places else pa.int64()
        case "string":
            return pa.string()
        case "boolean":
            return pa.bool_()
        case "date":
            return pa.date32()
        case "list<string>":
            return pa.list_(pa.string())
        case "list<context>":
            assert isinstance(definition, FactDefinition)
            return pa.list_(pa.struct([pa.field(item.code, arrow_type(item)) for item in definition.fields]))


def _fact(entry: Mapping[str, Any]) -> FactDefinition:
    known = _common(entry)
    for key, allowed in (("sensitivity", get_args(Sensitivity)), ("about", get_args(About))):
        if key in entry and entry[key] not in allowed:
            raise _invalid(entry, f"{key} must be one of {', '.join(allowed)}")
    rest = {
        key: entry[key]
        for key in (
            "agency",
            "sensitivity",
            "fresh_for",
            "code_list",
            "series",
            "series_of",
            "year_offset",
            "about",
            "description",
        )
        if key in entry
    }
    if (known["type"] == "list<context>") != ("fields" in entry):
        raise _invalid(entry, "a list<context>, and nothing else, has fields")
    fields = tuple(FieldDefinition(**_common(field)) for field in entry.get("fields", ()))
    try:
        return FactDefinition(**known, **rest, fields=fields)
    except TypeError as error:
        raise _invalid(entry, str(error)) from error


def _common(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What facts and fields share."""
    if entry.get("type") not in get_args(FactType):
        raise _invalid(entry, f"type must be one of {', '.join(get_args(FactType))}")
    number = entry["type"] == "number"
    if number != ("unit" in entry):
        raise _invalid(entry, "a number, and nothing else, has a unit")
    return {
        "code": entry["code"],
        "name": entry["name"],
        "type": entry["type"],
        "unit": entry.get("unit"),
        "decimals": entry.get("decimals", 2 if entry["unit"] in MONEY_UNITS else 0) if number else None,
        "values": tuple(str(value) for value in entry.get("values", ())),
        "minimum": _bound(entry.get("minimum")),
        "maximum": _bound(entry.get("maximum")),
    }


def _bound(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _invalid(entry: Mapping[str, Any], reason: str) -> InvalidCatalogue:
    code = entry.get("code", "?")
    return InvalidCatalogue(f"{code}: {reason}", message_zh=f"事实目录 {code}：{reason}", value=code)
