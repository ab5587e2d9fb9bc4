"""How periods are counted and why they may be stopped or lengthened: data/periods.yaml, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from yingshang.kernel.reference.api import parse_yaml

from .calendars import Language
from .errors import UnknownReason


@dataclass(frozen=True, slots=True)
class Rule:
    """An article by which periods are counted. `status`, `source` and `read` say how sure its words are."""

    code: str
    basis: str
    basis_en: str
    quote: str
    status: str
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a clock may be stopped, or a period lengthened, with the article that allows it.

    `status`, `source` and `read` say how sure the words of the article are.
    """

    code: str
    name: str
    name_en: str
    basis: str
    basis_en: str
    quote: str
    status: str
    source: str
    read: str

    @property
    def names(self) -> Mapping[Language, str]:
        return MappingProxyType({"zh": self.name, "en": self.name_en})

    @property
    def bases(self) -> Mapping[Language, str]:
        return MappingProxyType({"zh": self.basis, "en": self.basis_en})


def rule(code: str) -> Rule:
    """The rule of counting with this code."""
    return rules()[code]


def rules() -> Mapping[str, Rule]:
    """Every rule of counting."""
    return _rules()


@cache
def _rules() -> Mapping[str, Rule]:
    return MappingProxyType({row["code"]: Rule(**row) for row in _data()["rules"]})


def pause_reasons() -> tuple[Reason, ...]:
    """Every reason for which a clock may be stopped."""
    return tuple(_reasons("pause_reasons").values())


def extension_reasons() -> tuple[Reason, ...]:
    """Every reason for which a period may be lengthened."""
    return tuple(_reasons("extension_reasons").values())


def pause_reason(code: str) -> Reason:
    """The reason with this code. Raises UnknownReason: without one no clock is stopped."""
    return _reason("pause_reasons", code, "stops a clock", "中止计时")


def extension_reason(code: str) -> Reason:
    """The reason with this code. Raises UnknownReason: without one no period is lengthened."""
    return _reason("extension_reasons", code, "lengthens a period", "延长期限")


def _reason(kind: str, code: str, what: str, what_zh: str) -> Reason:
    if code in _reasons("process_reasons"):
        return _reasons("process_reasons")[code]
    known = _reasons(kind)
    if code not in known:
        raise UnknownReason(
            f"{code!r} is no reason that {what}; there are {', '.join(known)}",
            message_zh=f"“{code}”不是可以{what_zh}的法定事由，请选择："
            + "、".join(f"{each.name}（{each.code}）" for each in known.values()),
            value=code,
            known=list(known),
        )
    return known[code]


@cache
def _reasons(kind: str) -> Mapping[str, Reason]:
    return MappingProxyType({row["code"]: Reason(**row) for row in _data()[kind]})


@cache
def _data() -> dict[str, Any]:
    text = (files(__package__) / "data" / "periods.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = parse_yaml(text)
    return loaded
