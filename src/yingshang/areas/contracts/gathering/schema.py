"""The official JSON Schema of OCDS 1.1.5 (data/ocds), and what of a package does not agree with it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

RELEASE, PACKAGE = "release-schema-1.1.5.json", "release-package-schema-1.1.5.json"
MOST_TOLD = 5


def package_mistakes(package: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a package, its releases left aside, does not agree with the schema; nothing where all is well."""
    first = {**package, "releases": package["releases"][:1]}
    return _told(_package(), first, outside="releases")


def release_mistakes(release: Any) -> tuple[str, ...]:
    """What of one release does not agree with the schema."""
    return _told(_release(), release)


def _told(validator: Draft4Validator, value: Any, *, outside: str = "") -> tuple[str, ...]:
    found: list[str] = []
    for error in validator.iter_errors(value):
        if outside and len(error.absolute_path) > 1 and error.absolute_path[0] == outside:
            continue
        found.append(_sentence(error))
        if len(found) == MOST_TOLD:
            break
    return tuple(found)


def _sentence(error: ValidationError) -> str:
    place = "/".join(str(each) for each in error.absolute_path) or "release"
    return f"{place}: {error.message[:160]}"


@cache
def _release() -> Draft4Validator:
    return Draft4Validator(_schema(RELEASE), registry=_registry())


@cache
def _package() -> Draft4Validator:
    return Draft4Validator(_schema(PACKAGE), registry=_registry())


@cache
def _registry() -> Registry[Any]:
    """The schema of releases under its own address: nothing is fetched from the network."""
    release = _schema(RELEASE)
    resource: Resource[Any] = Resource.from_contents(release, default_specification=DRAFT4)
    return Registry[Any]().with_resources([(release["id"], resource)])


@cache
def _schema(name: str) -> dict[str, Any]:
    text = (files("yingshang.areas.contracts") / f"data/ocds/{name}").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read
