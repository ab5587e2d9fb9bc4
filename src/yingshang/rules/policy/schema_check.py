"""Whether data fit a JSON Schema, answered quickly: a schema is made into functions once.

It says yes or no and nothing else; why something does not fit is for jsonschema to say. Ten times faster than
that, it lets thousands of items that fit be read at once. A schema with a keyword that is not known here cannot be
made into functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Check = Callable[[Any], bool]

_SILENT = frozenset({"description", "title", "$schema", "$id", "$defs", "default", "examples"})
_TYPES: Mapping[str, Check] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool))
        or (isinstance(value, float) and value.is_integer())
    ),
}


class UnknownKeyword(Exception):
    """The schema says something that is not known here."""


def checker(schema: Mapping[str, Any], definition: str) -> Check:
    """A function that says whether data fit `#/$defs/<definition>`. Raises UnknownKeyword."""
    return _Checkers(schema).of_reference(f"#/$defs/{definition}")


class _Checkers:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._definitions: Mapping[str, Any] = schema["$defs"]
        self._made: dict[str, Check] = {}
        self._under_way: set[str] = set()

    def of_reference(self, reference: str) -> Check:
        if reference in self._made:
            return self._made[reference]
        if reference in self._under_way:
            # It speaks of itself: what it is will be known by the time it is asked.
            return lambda value: self._made[reference](value)
        prefix, _, name = reference.rpartition("/")
        if prefix != "#/$defs" or name not in self._definitions:
            raise UnknownKeyword(reference)
        self._under_way.add(reference)
        found = self._made[reference] = self.of(self._definitions[name])
        return found

    def of(self, schema: Any) -> Check:
        if isinstance(schema, bool):
            return lambda value: schema
        # `properties` and `additionalProperties` are one question: whether each field is known and fits.
        checks = [
            self._keyword(key, value, schema)
            for key, value in schema.items()
            if key not in _SILENT and not (key == "properties" and "additionalProperties" in schema)
        ]
        if len(checks) == 1:
            return checks[0]
        return lambda value: all(check(value) for check in checks)

    def _keyword(self, key: str, said: Any, schema: Mapping[str, Any]) -> Check:
        match key:
            case "$ref":
                return self.of_reference(said)
            case "type":
                return _of_type([said] if isinstance(said, str) else said)
            case "properties" | "additionalProperties":
                return self._fields(schema)
            case "required":
                return lambda value: not isinstance(value, dict) or all(each in value for each in said)
            case "items":
                item = self.of(said)
                return lambda value: not isinstance(value, list) or all(item(each) for each in value)
            case "minItems":
                return lambda value: not isinstance(value, list) or len(value) >= said
            case "minLength":
                return lambda value: not isinstance(value, str) or len(value) >= said
            case "pattern":
                pattern = re.compile(said)
                return lambda value: not isinstance(value, str) or pattern.search(value) is not None
            case "minimum":
                number = _TYPES["number"]
                return lambda value: not number(value) or bool(value >= said)
            case "enum" if all(isinstance(each, str) for each in said):
                return lambda value: isinstance(value, str) and value in said
            case "oneOf":
                ways = [self.of(each) for each in said]
                return lambda value: sum(way(value) for way in ways) == 1
            case "anyOf":
                ways = [self.of(each) for each in said]
                return lambda value: any(way(value) for way in ways)
            case _:
                raise UnknownKeyword(key)

    def _fields(self, schema: Mapping[str, Any]) -> Check:
        if "patternProperties" in schema:
            raise UnknownKeyword("patternProperties")
        known = {name: self.of(each) for name, each in schema.get("properties", {}).items()}
        others = self.of(schema.get("additionalProperties", True))

        def fits(value: Any) -> bool:
            if not isinstance(value, dict):
                return True
            return all(known.get(name, others)(each) for name, each in value.items())

        return fits


def _of_type(names: Sequence[str]) -> Check:
    if any(name not in _TYPES for name in names):
        raise UnknownKeyword(f"type {names}")
    kinds = [_TYPES[name] for name in names]
    if len(kinds) == 1:
        return kinds[0]
    return lambda value: any(kind(value) for kind in kinds)
