"""`data/gathering.yaml`, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml

from ..errors import InvalidRules


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of the table to fill in."""

    code: str
    name: str
    note: str
    width: int


@dataclass(frozen=True, slots=True)
class OcdsRules:
    """How releases are read and written."""

    version: str
    prefix: str
    language: str
    publisher: str
    schemes: tuple[str, ...]
    unit_scheme: str
    statuses: Mapping[str, str]
    states: Mapping[str, str]
    categories: Mapping[str, str]
    kinds: Mapping[str, str]
    without_category: str
    milestones: Mapping[str, Mapping[str, str]]
    types: Mapping[str, str]
    payment_title: str
    payment_note: str
    award_note: str
    dropped: frozenset[str]


@dataclass(frozen=True, slots=True)
class GatheringRules:
    """How contracts are gathered."""

    at_once: int
    most_problems: int
    largest_content_bytes: int
    largest_part_bytes: int
    most_releases: int
    largest_package_bytes: int
    most_in_call: int
    keep_days: int
    most_exported: int
    columns: tuple[TableColumn, ...]
    codes: tuple[str, ...]
    sides: Mapping[str, str]
    currencies: Mapping[str, str]
    ocds: OcdsRules

    def column_name(self, code: str) -> str:
        """How a column is called; the code itself where the table has none of it."""
        return next((each.name for each in self.columns if each.code == code), code)


@cache
def gathering_rules() -> GatheringRules:
    """The rules as the data file has them. Raises InvalidRules where something in it cannot be read."""
    text = (files("yingshang.areas.contracts") / "data/gathering.yaml").read_text(encoding="utf-8")
    try:
        return _read(dict(parse_yaml(text)))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidRules(
            f"data/gathering.yaml cannot be read: {error!r}",
            message_zh=f"数据文件 data/gathering.yaml 无法读取：{error!r}",
        ) from error


def _read(data: Mapping[str, Any]) -> GatheringRules:
    limits, ocds = data["limits"], data["ocds"]
    return GatheringRules(
        **{name: int(value) for name, value in limits.items()},
        columns=tuple(
            TableColumn(row["code"], row["name"], row["note"], int(row["width"])) for row in data["columns"]
        ),
        codes=tuple(row["code"] for row in data["columns"]),
        sides={word: code for code, words in data["sides"].items() for word in words},
        currencies={word: code for code, words in data["currencies"].items() for word in words},
        ocds=OcdsRules(
            **{
                **ocds,
                "version": str(ocds["version"]),
                "schemes": tuple(ocds["schemes"]),
                "dropped": frozenset(ocds["dropped"]),
            }
        ),
    )
