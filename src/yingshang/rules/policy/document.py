"""Policy documents: YAML in, items out, each with its place in the file.

An item is the smallest payable grain 政策事项. One that cannot be used becomes a Problem that names it, and never
stops the others.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from yingshang.rules.errors import DomainError, PolicyError
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.catalogue import FactCatalogue, catalogue_from_data
from yingshang.rules.policy.marked_yaml import Marked, Path, Place, load_all
from yingshang.rules.policy.schema_check import Check, checker

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

HANDED_DOWN = ("document", "issuer", "region", "effective", "parameters", "definitions", "tables")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something in the policy files cannot be used, and what to do. `item` is its id where one is known."""

    code: str
    message: str
    message_zh: str
    place: Place
    item: str | None = None
    text: str = ""
    severity: str = "error"
    expected: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "code": self.code,
            "severity": self.severity,
            "item": self.item,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "text": self.text,
            "expected": list(self.expected),
            "message": self.message,
            "message_zh": self.message_zh,
        }

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {f'{self.item}: ' if self.item else ''}{self.message}"


@dataclass(frozen=True)
class Item:
    """One item as written: plain data that fits the schema, and where everything stands.

    `data` is as in the schema, with numbers as Decimal and days as Date.
    """

    id: str
    name: str
    data: Mapping[str, Any]
    marked: Marked
    path: Path = ()

    def place(self, *path: str | int) -> Place:
        """Where a field stands."""
        return self.marked.place(*self.path, *path)


@dataclass
class PolicySet:
    """What a set of policy files holds."""

    items: list[Item] = field(default_factory=list)
    catalogue: FactCatalogue | None = None
    problems: list[Problem] = field(default_factory=list)

    def item(self, identifier: str) -> Item:
        """The item of that id. Raises PolicyError with the ids that come near."""
        for each in self.items:
            if each.id == identifier:
                return each
        close = difflib.get_close_matches(identifier, [each.id for each in self.items], n=3, cutoff=0.4)
        raise PolicyError(
            f"there is no item {identifier!r}" + (f"; did you mean {', '.join(close)}?" if close else ""),
            message_zh=f"没有事项“{identifier}”" + (f"，是否为：{'、'.join(close)}？" if close else ""),
            text=identifier,
        )


@lru_cache(maxsize=1)
def policy_schema() -> dict[str, Any]:
    """The published JSON Schema of policy documents."""
    text = resources.files("yingshang.rules.policy").joinpath("policy.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@lru_cache(maxsize=8)
def _validator(definition: str) -> Draft202012Validator:
    # What fits is never shown to it.
    from jsonschema import Draft202012Validator

    schema = policy_schema()
    return Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{definition}"})


@lru_cache(maxsize=8)
def _fits(definition: str) -> Check:
    return checker(policy_schema(), definition)


def load_policies(
    sources: Iterable[tuple[str, str]], catalogues: Mapping[str, FactCatalogue] | None = None
) -> PolicySet:
    """Every item and the catalogue of policy files given as (file name, text).

    `catalogues` are those a file may refer to by name. What cannot be used is in `problems`, never raised.
    """
    result = PolicySet()
    for file, text in sources:
        _read_file(file, text, result, catalogues or {})
    seen: dict[str, Item] = {}
    for item in result.items:
        if item.id in seen:
            first = seen[item.id].place("id")
            result.problems.append(
                Problem(
                    "duplicate",
                    f"the id {item.id!r} is taken already at {first}; ids are unique",
                    f"编号“{item.id}”与 {first} 重复",
                    item.place("id"),
                    item.id,
                    item.id,
                )
            )
        else:
            seen[item.id] = item
    result.items = list(seen.values())
    return result


MOST_BROKEN = 50
"""After so many documents that are no YAML a file is given up: each is read anew from its beginning on."""


def _read_file(file: str, text: str, result: PolicySet, catalogues: Mapping[str, FactCatalogue]) -> None:
    """Every document of a file; one that is no YAML does not hide those after it."""
    lines = text.split("\n")
    start = 0
    for _ in range(MOST_BROKEN):
        try:
            # The lines before are left empty, so that every place is that of the file.
            for marked in load_all("\n" * start + "\n".join(lines[start:]), file):
                _read_document(marked, result, catalogues)
            return
        except PolicyError as error:
            line = error.details.get("line", 1)
            result.problems.append(_problem(error, Place(file, line, error.details.get("column", 1))))
        following = (
            index
            for index in range(max(line - 1, start + 1), len(lines))
            if lines[index].rstrip() == "---" or lines[index].startswith("--- ")
        )
        start = next(following, 0)
        if not start:
            return


def _problem(error: DomainError, place: Place, item: str | None = None) -> Problem:
    return Problem(
        error.code, error.message, error.message_zh, place, item, str(error.details.get("text", "")), "error"
    )


def _read_document(marked: Marked, result: PolicySet, catalogues: Mapping[str, FactCatalogue]) -> None:
    data = marked.data
    if data is None:
        return
    if isinstance(data, dict) and "facts" in data:
        try:
            catalogue = catalogue_from_data(data, marked.file)
            places = {
                code: marked.place("facts", index, "code") for index, code in enumerate(catalogue.facts)
            }
            _merge_catalogue(result, replace(catalogue, places=places))
        except PolicyError as error:
            result.problems.append(_problem(error, marked.place("facts")))
        rest = {key: value for key, value in data.items() if key not in ("facts", "metadata")}
        if "items" in rest:
            _read_policy(marked, rest, result)
        elif "id" in rest:
            _read_item(marked, rest, (), {}, result)
    elif isinstance(data, dict) and set(data) == {"catalogue"}:
        name = str(data["catalogue"])
        if name in catalogues:
            _merge_catalogue(result, catalogues[name])
        else:
            result.problems.append(
                Problem(
                    "catalogue",
                    f"there is no catalogue {name!r}; known are {', '.join(catalogues) or 'none'}",
                    f"没有名为“{name}”的事实目录",
                    marked.place("catalogue"),
                    text=name,
                )
            )
    elif isinstance(data, dict) and "items" in data:
        _read_policy(marked, data, result)
    elif isinstance(data, list):
        for index, entry in enumerate(data):
            _read_item(marked, entry, (index,), {}, result)
    else:
        _read_item(marked, data, (), {}, result)


def _merge_catalogue(result: PolicySet, catalogue: FactCatalogue) -> None:
    facts = {**(result.catalogue.facts if result.catalogue else {}), **catalogue.facts}
    places = {**(result.catalogue.places if result.catalogue else {}), **catalogue.places}
    result.catalogue = FactCatalogue(facts, places=places)


def _read_policy(marked: Marked, data: dict[str, Any], result: PolicySet) -> None:
    around = {**data.get("policy", {}), **data} if isinstance(data.get("policy"), dict) else data
    shared = {key: around[key] for key in HANDED_DOWN if key in around}
    shell = {
        **data,
        "items": [
            {"id": "x", "name": "x", "conditions": [{"id": "x", "text": "x", "when": True}], "benefit": {}}
        ],
    }
    problems = _schema_problems(marked, shell, "policy", (), None)
    if problems:
        result.problems.extend(problems)
        return
    items = data["items"]
    if not isinstance(items, list) or not items:
        result.problems.append(
            Problem("schema", "items must be a list of items", "items 应为事项列表", marked.place("items"))
        )
        return
    for index, entry in enumerate(items):
        _read_item(marked, entry, ("items", index), shared, result)


def _read_item(marked: Marked, entry: Any, path: Path, shared: Mapping[str, Any], result: PolicySet) -> None:
    identifier = str(entry["id"]) if isinstance(entry, dict) and entry.get("id") is not None else None
    problems = _schema_problems(marked, entry, "item", path, identifier)
    if problems:
        result.problems.extend(problems)
        return
    data = dict(entry)
    for key, value in shared.items():
        own = data.get(key)
        if key == "parameters":
            names = {each["name"] for each in own or ()}
            data[key] = [*(each for each in value if each["name"] not in names), *(own or ())]
        elif key in ("definitions", "tables"):
            data[key] = {**value, **(own or {})}
        elif own is None:
            data[key] = value
    result.items.append(Item(str(entry["id"]), str(entry["name"]), data, marked, path))


def _plain(value: Any) -> Any:
    """As JSON Schema sees it: Decimal as number, Date as text."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value) if isinstance(value, Date) else value


def _schema_problems(
    marked: Marked, data: Any, definition: str, path: Path, item: str | None
) -> list[Problem]:
    """Everything that does not fit the schema, in the order of the file."""
    plain = _plain(data)
    if isinstance(plain, dict) and definition == "item":
        # ids and names may look like numbers: 2024
        plain = {**plain, **{key: str(plain[key]) for key in ("id", "name", "version") if key in plain}}
    if _fits(definition)(plain):
        return []
    found: dict[tuple[Place, str], Problem] = {}
    for each in _validator(definition).iter_errors(plain):
        error = _deepest(each)
        label = ".".join(str(step) for step in error.absolute_path) or definition
        strays: list[str | None] = [*_stray_keys(error)]
        for stray in strays or [None]:
            where: Path = (*path, *error.absolute_path, *([stray] if stray else []))
            message, message_zh = _explain(error, stray)
            problem = Problem(
                "schema",
                f"{label}: {message}",
                f"{label}：{message_zh}",
                marked.place(*where),
                item,
                stray or str(error.instance)[:80],
            )
            found.setdefault((problem.place, problem.message), problem)
    return sorted(found.values(), key=lambda problem: (problem.place.line, problem.place.column))


def _deepest(error: ValidationError) -> ValidationError:
    from jsonschema.exceptions import best_match

    while error.context:
        best = best_match(error.context)
        if best is None:
            break
        error = best
    return error


def _stray_keys(error: Any) -> list[str]:
    """The fields that the schema does not know, if that is the error."""
    if error.validator != "additionalProperties":
        return []
    return [key for key in error.instance if key not in error.schema.get("properties", {})]


def _explain(error: Any, stray: str | None = None) -> tuple[str, str]:
    """jsonschema's message, as a person would say it. `stray` is the field that is not known, if any."""
    if stray is not None:
        name, allowed = stray, list(error.schema.get("properties", {}))
        close = difflib.get_close_matches(name, allowed, n=1)
        hint, hint_zh = (
            (f"; did you mean {close[0]!r}?", f"，是否为“{close[0]}”？")
            if close
            else (f"; known are {', '.join(allowed)}", f"；可用：{'、'.join(allowed)}")
        )
        return f"{name!r} is not known here{hint}", f"此处没有字段“{name}”{hint_zh}"
    if error.validator == "required":
        lacking = [key for key in error.validator_value if key not in error.instance]
        return f"{', '.join(lacking)} is missing", f"缺少 {'、'.join(lacking)}"
    if error.validator == "enum":
        values = ", ".join(str(each) for each in error.validator_value)
        return f"{error.instance!r} is none of {values}", f"“{error.instance}”应为以下之一：{values}"
    if error.validator == "pattern":
        return (
            f"{error.instance!r} is not written as {error.validator_value}",
            f"“{error.instance}”的格式不对",
        )
    if error.validator == "oneOf":
        return (
            "a condition has exactly one of when, all, any, at_least with of, not, some or every with meets",
            "一个条件只能有 when、all、any、at_least+of、not、some 或 every+meets 之一",
        )
    if error.validator == "type":
        kinds = (
            error.validator_value
            if isinstance(error.validator_value, str)
            else " or ".join(error.validator_value)
        )
        return f"{error.instance!r} must be of type {kinds}", f"“{error.instance}”的类型应为 {kinds}"
    return error.message, error.message


__all__ = ["Item", "PolicySet", "Problem", "load_policies", "policy_schema"]
