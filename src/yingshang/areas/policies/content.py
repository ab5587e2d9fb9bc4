"""What the YAML of an item says, read off for lists and searches, and compiled to be decided. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from yingshang.kernel.reference.api import policy_catalogue
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.compile import Compilation, Program, compile_items
from yingshang.rules.policy.document import Item, PolicySet, Problem, load_policies
from yingshang.rules.policy.lint import check
from yingshang.rules.policy.marked_yaml import Place
from yingshang.rules.policy.population import needed_columns

from .errors import InvalidItem


@dataclass(frozen=True, slots=True)
class Content:
    """The columns of a version that follow from its source; days are dates, windows are {"from", "to", "text"}."""

    code: str
    name: str
    summary: str
    issuer: str
    region: str
    kind: str
    delivery: str
    effective_from: date | None
    effective_to: date | None
    windows: tuple[dict[str, str], ...]
    benefit_text: str
    tags: tuple[str, ...]
    facts: tuple[str, ...]
    digest: str


def catalogue() -> FactCatalogue:
    """The platform's catalogue of facts, as policies read it."""
    return policy_catalogue()


LONGEST_SOURCE = 200_000
"""Characters of an item; the longest of the reference items has 11,000."""
MOST_CONDITIONS = 100
"""Conditions and exclusions of an item with all their parts: each is compared with each."""


def _loaded(source: str, file: str) -> PolicySet:
    """The items of a source that is no larger than what can be looked at while somebody waits."""
    if len(source) > LONGEST_SOURCE:
        return _refused(
            file,
            f"a source has at most {LONGEST_SOURCE:,} characters, this one {len(source):,}",
            f"一个事项最多 {LONGEST_SOURCE:,} 个字符，现有 {len(source):,} 个",
        )
    found = load_policies([(file, source)])
    for item in found.items:
        count = sum(_count(item.data.get(name)) for name in ("conditions", "exclusions"))
        if count > MOST_CONDITIONS:
            return _refused(
                file,
                f"an item has at most {MOST_CONDITIONS} conditions, this one {count}; make several items of it",
                f"一个事项最多 {MOST_CONDITIONS} 个条件，现有 {count} 个，请拆分为几个事项",
            )
    return found


def _refused(file: str, message: str, message_zh: str) -> PolicySet:
    return PolicySet(
        problems=[Problem("too-large", message, message_zh, Place(file, 1, 1), None, "", "error")]
    )


def _count(conditions: Any) -> int:
    """Conditions with all their parts."""
    if isinstance(conditions, Mapping):
        conditions = (conditions,)
    if not isinstance(conditions, list | tuple):
        return 0
    inner = ("all", "any", "of", "meets", "not")
    return sum(
        1 + sum(_count(each.get(name)) for name in inner) for each in conditions if isinstance(each, Mapping)
    )


@lru_cache(maxsize=4096)
def read_item(source: str, file: str = "item.yaml") -> Item:
    """The one item of a source. Raises InvalidItem with every problem in `details["problems"]`."""
    found = _loaded(source, file)
    if found.problems:
        raise _invalid(found.problems)
    if len(found.items) != 1:
        raise InvalidItem(
            f"a source holds exactly one item, this one {len(found.items)}",
            message_zh=f"应恰好包含一个政策事项，现在有 {len(found.items)} 个",
            problems=[],
        )
    return found.items[0]


def problems_of(source: str, as_of: date, file: str = "item.yaml") -> list[Problem]:
    """Everything `yingshang policy check` says of a source, errors first by line."""
    return check(_loaded(source, file), catalogue(), _day(as_of))


@lru_cache(maxsize=4096)
def program_of(source: str, as_of: date) -> Program:
    """The item as of a day, ready to be decided. Raises InvalidItem with every problem."""
    return compile_item_of(read_item(source), as_of)


def compile_item_of(item: Item, as_of: date) -> Program:
    """An item that has been read, as of a day. Raises InvalidItem with every problem."""
    compiled = compile_items([item], catalogue(), _day(as_of))
    if compiled.problems:
        raise _invalid(compiled.problems)
    return compiled.programs[0]


def compile_sources(sources: dict[str, str], as_of: date) -> Compilation:
    """Several sources by code, compiled together; one that does not compile is a problem and stops no other."""
    policies = PolicySet()
    for code, source in sources.items():
        found = _loaded(source, f"{code}.yaml")
        policies.items += found.items
        policies.problems += found.problems
    compiled = compile_items(policies.items, catalogue(), _day(as_of))
    compiled.problems[:0] = policies.problems
    return compiled


def content_of(source: str, as_of: date) -> Content:
    """What a source says. Raises InvalidItem when it is no item; one that does not compile yet has no facts."""
    item = read_item(source)
    data = item.data
    period = data.get("effective") or {}
    document = data.get("document") or {}
    benefit = data.get("benefit") or {}
    return Content(
        code=item.id,
        name=item.name,
        summary=str(data.get("summary") or ""),
        issuer=str(data.get("issuer") or document.get("issuer") or ""),
        region=str(data.get("region") or ""),
        kind=str(data.get("kind") or benefit.get("kind") or ""),
        delivery=str(data.get("delivery") or ""),
        effective_from=_date(period.get("from")),
        effective_to=_date(period.get("to")),
        windows=tuple(
            {key: str(each[key]) for key in ("from", "to", "text") if each.get(key) is not None}
            for each in data.get("windows") or ()
        ),
        benefit_text=str(benefit.get("text") or ""),
        tags=tuple(str(each) for each in data.get("tags") or ()),
        facts=_facts(source, as_of),
        digest=hashlib.sha256(source.encode()).hexdigest(),
    )


def _facts(source: str, as_of: date) -> tuple[str, ...]:
    try:
        program = program_of(source, as_of)
    except InvalidItem:
        return ()
    return tuple(sorted(needed_columns([program])))


def _invalid(problems: list[Problem]) -> InvalidItem:
    first = problems[0]
    more, more_zh = "", ""
    if len(problems) > 1:
        more, more_zh = f" (and {len(problems) - 1} more)", f"（另有 {len(problems) - 1} 处）"
    return InvalidItem(
        f"line {first.place.line}: {first.message}{more}",
        message_zh=f"第 {first.place.line} 行：{first.message_zh}{more_zh}",
        problems=[each.as_dict() for each in problems],
    )


def _day(day: date) -> Date:
    return Date(day.year, day.month, day.day)


def _date(value: Any) -> date | None:
    """A day of the YAML, also one in quotes; no day where the compiler finds it is none."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None if value is None else date(value.year, value.month, value.day)
