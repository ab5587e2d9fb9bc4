"""docs/guides/policies.md is true: its items compile, its scenarios pass, its expressions come out as its tables say.

A YAML block after `<!-- item -->` is a whole policy file. A table after `<!-- feel -->` has an expression, what is known
and the result in each row; one after `<!-- codes -->` is the list of the linter's findings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from yingshang.cli.files import shipped_catalogues
from yingshang.rules.feel.evaluate import Mode, evaluate
from yingshang.rules.feel.exchange import from_json, read_json
from yingshang.rules.feel.functions import Environment
from yingshang.rules.feel.functions.conversion import text_of
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.temporal import Date, parse_date_time
from yingshang.rules.feel.values import Failure, Unknown
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.document import PolicySet, load_policies, policy_schema
from yingshang.rules.policy.lint import CODES, check
from yingshang.rules.policy.marked_yaml import load_all
from yingshang.rules.policy.scenario import run_scenarios

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "policies.md"
TEXT = GUIDE.read_text("utf-8")
DAY = Date(2026, 11, 21)
NOW = parse_date_time("2026-11-21T10:00:00+08:00")


def _items() -> list[Any]:
    blocks = re.finditer(r"<!-- item -->\n```yaml\n(.*?)```\n", TEXT, re.DOTALL)
    return [pytest.param(each[1], id=f"line {TEXT.count(chr(10), 0, each.start()) + 1}") for each in blocks]


def _rows(mark: str) -> Iterator[list[str]]:
    for table in re.finditer(rf"<!-- {mark} -->\n((?:\|.*\n)+)", TEXT):
        for line in table[1].splitlines()[2:]:
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _loaded(block: str) -> PolicySet:
    return load_policies([("guide.yaml", block)], shipped_catalogues())


@pytest.mark.parametrize("block", _items())
def test_every_example_compiles_and_its_scenarios_pass(block: str) -> None:
    policies = _loaded(block)
    assert policies.items
    assert not policies.problems
    assert not compile_items(policies.items, policies.catalogue, DAY).problems
    for item in policies.items:
        for result in run_scenarios(item, policies.catalogue, DAY):
            assert result.passed, (item.id, result.name, result.differences)


@pytest.mark.parametrize("block", _items())
def test_the_linter_finds_no_error_in_the_examples(block: str) -> None:
    policies = _loaded(block)
    assert [str(each) for each in check(policies, policies.catalogue, DAY) if each.severity == "error"] == []


@pytest.mark.parametrize(("expression", "known", "expected"), list(_rows("feel")))
def test_the_tables_of_expressions_are_true(expression: str, known: str, expected: str) -> None:
    facts: dict[str, Any] = from_json(read_json(known.strip("`"))) if known else {}
    value = evaluate(
        parse_expression(expression.strip("`"), facts), facts, Mode.POLICY, environment=Environment(NOW)
    )
    if isinstance(value, Unknown):
        shown = f"unknown: {', '.join(sorted(value.missing))}"
    else:
        shown = "error" if isinstance(value, Failure) else text_of(value)
    assert shown == expected


def test_every_code_of_the_linter_is_listed() -> None:
    listed = {code.strip("`"): (severity, title) for code, severity, title, _ in _rows("codes")}
    assert listed == {code: (each.severity, each.title) for code, each in CODES.items()}


def test_every_field_of_the_schema_stands_in_an_example() -> None:
    schema = policy_schema()
    used: set[tuple[str, str]] = set()
    for block in _items():
        for document in load_all(block.values[0], "guide.yaml"):
            data = document.data
            if isinstance(data, list):
                for each in data:
                    _use(each, schema["$defs"]["item"], "item", used)
            else:
                name = next(
                    (name for key, name in _KINDS.items() if key in data),
                    "item",
                )
                _use(data, schema["$defs"][name], name, used)
    wanted = {
        (name, key)
        for name, definition in schema["$defs"].items()
        for key in _properties(definition, schema)
        if (name, key) not in _NOT_READ
    }
    lacking = sorted(wanted - used)
    assert not lacking, json.dumps(lacking, ensure_ascii=False)


_KINDS = {"items": "policy", "facts": "catalogue", "catalogue": "catalogue_reference"}
_NOT_READ = {("catalogue", "definitions")}


def _target(part: Any, schema: Any) -> tuple[str | None, Any]:
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return name, schema["$defs"][name]
    return None, part


def _properties(definition: Any, schema: Any, path: str = "") -> Iterator[str]:
    """The fields of a definition; those of mappings inside it with the path to them."""
    for key, part in definition.get("properties", {}).items():
        yield path + key
        inner = part.get("items", part)
        if "$ref" not in inner:
            yield from _properties(inner, schema, f"{path}{key}.")


def _use(data: Any, definition: Any, name: str, used: set[tuple[str, str]], path: str = "") -> None:
    schema = policy_schema()
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        part = definition.get("properties", {}).get(key)
        if part is None:
            part = definition.get("additionalProperties")
            if not isinstance(part, dict):
                continue
        else:
            used.add((name, path + key))
        inner = part.get("items", part) if isinstance(value, list) else part
        target, shape = _target(inner, schema)
        for each in value if isinstance(value, list) else [value]:
            if target is not None and "properties" not in shape and isinstance(each, dict):
                # A mapping by name: definitions, tables.
                _, member = _target(shape.get("additionalProperties", {}), schema)
                member_name = shape.get("additionalProperties", {}).get("$ref", "").rpartition("/")[2]
                for one in each.values():
                    _use(one, member, member_name, used)
            elif target is not None:
                _use(each, shape, target, used)
            else:
                _use(each, shape, name, used, f"{path}{key}.")
