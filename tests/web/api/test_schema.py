"""The description of the API: valid, committed, and true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.test import Client
from ninja import Schema

from yingshang.web.api.root import api
from yingshang.web.api.schema import text

COMMITTED = Path(__file__).parents[3] / "docs" / "api" / "openapi.json"
# The official schema, https://spec.openapis.org/oas/3.1/schema/2022-10-07 (Apache-2.0).
OFFICIAL = Path(__file__).parent / "openapi-3.1.schema.json"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text())
    return found


def test_committed() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == text(), (
        "docs/api/openapi.json is not what the code says; write it anew with `python -m django openapi`"
    )


def test_valid_by_the_official_schema(schema: dict[str, Any]) -> None:
    official = json.loads(OFFICIAL.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(official).validate(schema)


def test_every_part_is_a_valid_json_schema(schema: dict[str, Any]) -> None:
    for part in schema["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(part)


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                found: Any = schema
                for step in part["$ref"].removeprefix("#/").split("/"):
                    found = found[step]
            for each in part.values():
                walk(each)
        elif isinstance(part, list):
            for each in part:
                walk(each)

    walk(schema)


def test_no_two_parts_have_one_name() -> None:
    """The document would have one of them for both."""
    counted: dict[str, set[str]] = {}
    for kind in _schemas(Schema):
        if kind.__module__.startswith("yingshang."):
            counted.setdefault(kind.__name__, set()).add(kind.__module__)
    assert {name: sorted(modules) for name, modules in counted.items() if len(modules) > 1} == {}


def _schemas(of: type[Schema]) -> Iterator[type[Schema]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _schemas(kind)


def test_every_operation_says_what_it_needs_and_may_answer(schema: dict[str, Any]) -> None:
    scopes = schema["components"]["securitySchemes"]["client"]["flows"]["clientCredentials"]["scopes"]
    names = []
    for methods in schema["paths"].values():
        for method, each in methods.items():
            names.append(each["operationId"])
            assert each["tags"] and each["description"] and " · " in each["summary"], each
            assert {"422", "429", "500"} <= set(each["responses"]), each
            if isinstance(each["x-access"], list):
                assert set(each["x-access"]) <= set(scopes)
            assert each["x-access"] != "nobody", f"{each['operationId']} says nothing on who may use it"
            if method != "get" and not each["operationId"].startswith(("look_up", "verify")):
                assert {"$ref": "#/components/parameters/Idempotency-Key"} in each["parameters"]
    assert len(set(names)) == len(names)


def test_answers_are_what_the_description_says(db: None, schema: dict[str, Any]) -> None:
    """Real answers of operations open to everybody, held against the description."""
    client = Client()
    for address, query in (
        ("/api/v1/regions", {"limit": 3}),
        ("/api/v1/regions/{code}", {"code": "230102"}),
        ("/api/v1/industries", {"limit": 3}),
        ("/api/v1/calendars/{year}", {"year": "2026"}),
        ("/api/v1/calendars/due", {"from": "2026-09-28", "days": 7}),
        ("/api/v1/credit-codes/{code}", {"code": "nonsense"}),
        ("/api/v1/problems", {}),
    ):
        filled = address.format(**query)
        rest = {name: value for name, value in query.items() if "{" + name + "}" not in address}
        response = client.get(filled, rest)
        content = schema["paths"][address]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator({**content, "components": schema["components"]}).validate(
            response.json()
        )


def test_a_problem_is_what_the_description_says(db: None, schema: dict[str, Any]) -> None:
    problem = {"$ref": "#/components/schemas/Problem", "components": schema["components"]}
    for address in ("/api/v1/nothing", "/api/v1/me", "/api/v1/regions?limit=x"):
        jsonschema.Draft202012Validator(problem).validate(Client().get(address).json())


def test_names_of_operations_are_names_of_addresses() -> None:
    assert len(list(api.patterns())) == len({pattern.name for pattern in api.patterns()})
