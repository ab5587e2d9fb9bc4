"""Which rules of the circuit breaker find something: facts in, findings out. Pure; every number is in the data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml

MOMENTS = ("submitted", "approved", "ordering")
MANUAL = "manual"
"""The rule of what a supervisor has stopped by hand."""
PROMISE_BROKEN = "promise_broken"
"""The rule of a claim that an official has found a promise broken of."""
ASKED_BACK = "asked_back"
"""The rule of a claim of which money is asked back, and which is not paid in full."""
_MONEY = frozenset({"amount_fen", "peers_median_fen"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of `data/breaker.yaml`; `numbers` are its thresholds, as written there."""

    code: str
    name: str
    name_en: str
    target: str
    at: tuple[str, ...]
    kind: str
    fact: str
    text: str
    text_en: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Breaker:
    """All rules of a version."""

    version: str
    compare_at_most: int
    rules: tuple[Rule, ...]

    def at(self, moment: str) -> tuple[Rule, ...]:
        """Those that are looked at in a moment."""
        return tuple(rule for rule in self.rules if moment in rule.at)


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing a rule found: `key` is the same for the same thing, `values` go into its words."""

    rule: Rule
    key: str
    ground: Mapping[str, str]

    def finding(self, target: str) -> str:
        """What is kept so that the same thing does not trip again once it was released."""
        return hashlib.sha256(f"{self.rule.code}|{target}|{self.key}".encode()).hexdigest()


@cache
def breaker() -> Breaker:
    """`data/breaker.yaml`, read once."""
    text = (files("yingshang.areas.claims") / "data/breaker.yaml").read_text(encoding="utf-8")
    return breaker_of(parse_yaml(text))


def breaker_of(data: Mapping[str, Any]) -> Breaker:
    """The rules in a document."""
    names = {"code", "name", "name_en", "target", "kind", "fact", "text", "text_en"}
    rules = []
    for each in data["rules"]:
        if each["kind"] not in _KINDS or each["target"] not in {"claim", "item"}:
            raise ValueError(f"rule {each['code']}: no such kind or target")
        if not each["at"] or not set(each["at"]) <= set(MOMENTS):
            raise ValueError(f"rule {each['code']}: at {each['at']}")
        numbers = {name: value for name, value in each.items() if name not in names | {"at"}}
        rules.append(Rule(**{name: each[name] for name in names}, at=tuple(each["at"]), numbers=numbers))
    return Breaker(str(data["metadata"]["version"]), int(data["compare_at_most"]), tuple(rules))


def evaluate(rules: Sequence[Rule], facts: Mapping[str, Any]) -> tuple[Hit, ...]:
    """What the rules find in the facts of one claim. A fact that is not there is not known, and finds nothing.

    Facts: `account_others`, `representative_others`, `contact_others`, `changed`, `connected` are lists of texts;
    `amount_fen`, `burst_count`, `burst_usual`, `peers_median_fen` are numbers; any other one is a fact of the party.
    """
    hits = []
    for rule in rules:
        if facts.get(rule.fact) is None:
            continue
        found = _KINDS[rule.kind](rule, facts)
        if found is not None:
            key, words = found
            told = {**{name: str(value) for name, value in rule.numbers.items()}, **_shown(facts), **words}
            hits.append(
                Hit(
                    rule,
                    key,
                    {
                        "text": rule.text.format(**told),
                        "text_en": rule.text_en.format(**told),
                        "value": words["found"],
                    },
                )
            )
    return tuple(hits)


def _some(rule: Rule, facts: Mapping[str, Any]) -> tuple[str, dict[str, str]] | None:
    entries = sorted(set(facts[rule.fact]))
    if len(entries) < int(rule.numbers["at_least"]):
        return None
    shown = entries[:10]
    more = f"… (+{len(entries) - len(shown)})" if len(entries) > len(shown) else ""
    return "\n".join(entries), {"found": "、".join(shown) + more}


def _is_one_of(rule: Rule, facts: Mapping[str, Any]) -> tuple[str, dict[str, str]] | None:
    value = facts[rule.fact]
    # `1 in [True]` holds in Python; a fact is true only as a truth value.
    if not any(value == each and type(value) is type(each) for each in rule.numbers["values"]):
        return None
    return str(value), {"found": "是" if value is True else str(value)}


def _just_under(rule: Rule, facts: Mapping[str, Any]) -> tuple[str, dict[str, str]] | None:
    amount = Decimal(facts[rule.fact]) / 100
    share = Decimal(rule.numbers["percent"]) / 100
    for text in rule.numbers["thresholds"]:
        threshold = Decimal(text)
        if threshold * (1 - share) < amount < threshold:
            return f"{amount}<{threshold}", {"found": f"{amount:,.2f}", "threshold": f"{threshold:,}"}
    return None


def _times_usual(rule: Rule, facts: Mapping[str, Any]) -> tuple[str, dict[str, str]] | None:
    found, usual = facts[rule.fact], facts.get(rule.numbers["usual"])
    if usual is None or found < int(rule.numbers["at_least"]):
        return None
    found, usual = Decimal(found), Decimal(usual)
    if usual <= 0 or found < usual * Decimal(rule.numbers["factor"]):
        return None
    key = str(facts.get("day") or found) if rule.target == "item" else str(found)
    money = rule.fact in _MONEY
    return key, {
        "found": f"{found / 100:,.2f}" if money else str(found),
        "usual": f"{usual / 100:,.2f}" if money else f"{usual:.1f}",
    }


_KINDS = {
    "some": _some,
    "is_one_of": _is_one_of,
    "just_under": _just_under,
    "times_usual": _times_usual,
}


def _shown(facts: Mapping[str, Any]) -> dict[str, str]:
    return {"tail": str(facts.get("tail") or "")}
