"""The rules of `data/outreach.yaml`, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class DigestRules:
    """How enterprises are told."""

    named: int
    channels: tuple[str, ...]
    again_after_days: int
    batch: int


@dataclass(frozen=True, slots=True)
class ReminderRules:
    """How officials have them reminded."""

    channels: tuple[str, ...]
    again_after_days: int


@dataclass(frozen=True, slots=True)
class Level:
    """One level of satisfaction; 5 is the best."""

    code: int
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class OpinionRules:
    """What enterprises say of items."""

    longest: int
    levels: tuple[Level, ...]
    fewest: int


@dataclass(frozen=True, slots=True)
class EffectRules:
    """What is compared, and with how many."""

    facts: tuple[str, ...]
    fewest: int
    fewest_in_cell: int


@cache
def digest_rules() -> DigestRules:
    row = _rules()["digest"]
    return DigestRules(row["named"], tuple(row["channels"]), row["again_after_days"], row["batch"])


@cache
def reminder_rules() -> ReminderRules:
    row = _rules()["reminder"]
    return ReminderRules(tuple(row["channels"]), row["again_after_days"])


@cache
def opinion_rules() -> OpinionRules:
    row = _rules()["opinion"]
    return OpinionRules(row["longest"], tuple(Level(**each) for each in row["levels"]), row["fewest"])


@cache
def effect_rules() -> EffectRules:
    row = _rules()["effect"]
    return EffectRules(tuple(row["facts"]), row["fewest"], row["fewest_in_cell"])


@cache
def _rules() -> dict[str, Any]:
    text = (files("yingshang.areas.policies") / "data/outreach.yaml").read_text(encoding="utf-8")
    rules: dict[str, Any] = parse_yaml(text)
    return rules
