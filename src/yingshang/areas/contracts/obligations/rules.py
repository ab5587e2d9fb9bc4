"""`data/obligations.yaml`, read once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import ORDERS, parse_yaml

from ..errors import InvalidRules


@dataclass(frozen=True, slots=True)
class ObligationRules:
    """What may be written down of an obligation, and what a late payment pays first."""

    order: str
    most_title: int
    most_note: int
    most_occurrences: int
    most_documents: int
    most_yearly_rate: Decimal
    years_before_signing: int


@cache
def obligation_rules() -> ObligationRules:
    """The rules as the data file has them. Raises InvalidRules."""
    data = read_data("obligations")
    try:
        limits = data["limits"]
        found = ObligationRules(
            order=str(data["order"]),
            most_title=int(limits["title"]),
            most_note=int(limits["note"]),
            most_occurrences=int(limits["occurrences"]),
            most_documents=int(limits["documents"]),
            most_yearly_rate=Decimal(str(limits["yearly_rate"])),
            years_before_signing=int(data["years_before_signing"]),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise _unreadable("obligations", error) from error
    if found.order not in ORDERS:
        raise _unreadable("obligations", found.order)
    return found


def read_data(name: str) -> dict[str, Any]:
    """A data file of the area. Raises InvalidRules."""
    text = (files("yingshang.areas.contracts") / f"data/{name}.yaml").read_text(encoding="utf-8")
    data = parse_yaml(text)
    if not isinstance(data, dict):
        raise _unreadable(name, data)
    return data


def _unreadable(name: str, why: object) -> InvalidRules:
    return InvalidRules(
        f"data/{name}.yaml of contracts: {why!r}", message_zh=f"合同的规则文件 {name}.yaml 无法读取：{why!r}"
    )
