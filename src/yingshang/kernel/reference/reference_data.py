"""Reads the versioned data files that lie in `data/`, each with the source, date and status of its facts."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, cast

import yaml

# The C loader reads the catalogue an order of magnitude faster, but not every build of PyYAML carries it.
_YamlLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str) -> Any:
    """What a text in YAML says: plain values only. Raises yaml.YAMLError, which names the line.

    Every process reads some dozens of data files as it starts: they all come through here.
    """
    return yaml.load(text, Loader=_YamlLoader)


def read_text(name: str) -> str:
    """The text of one data file, as it lies in the package."""
    return (files(__package__) / "data" / name).read_text(encoding="utf-8")


@cache
def load_json(name: str) -> dict[str, Any]:
    """One JSON data file. The result is shared: do not change it."""
    return cast("dict[str, Any]", json.loads(read_text(name)))


@cache
def load_yaml(name: str) -> dict[str, Any]:
    """One YAML data file. The result is shared: do not change it."""
    return cast("dict[str, Any]", parse_yaml(read_text(name)))
