"""The quick answer to whether data fit the schema is the one jsonschema gives."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingshang.rules.policy.document import _plain, _validator, policy_schema
from yingshang.rules.policy.marked_yaml import load_all
from yingshang.rules.policy.schema_check import UnknownKeyword, checker

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").rglob("P0*.yaml"))
fits = checker(policy_schema(), "item")
STRANGE = [None, True, 0, -1, 2.0, 2.5, "", "x", "2026-01-01", [], [""], {}, {"when": "true"}, {"x": 1}]


def plain(file: Path) -> Any:
    return _plain(next(iter(load_all(file.read_text("utf-8"), file.name))).data)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything inside."""
    found = [path] if path else []
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        found += places(value, (*path, key))
    return found


def test_there_are_examples_and_they_fit() -> None:
    assert len(EXAMPLES) > 20
    for file in EXAMPLES:
        assert fits(plain(file)) == _validator("item").is_valid(plain(file))


@settings(max_examples=40)
@given(st.data())
def test_whatever_is_changed_both_say_the_same(data: st.DataObject) -> None:
    item = copy.deepcopy(plain(data.draw(st.sampled_from(EXAMPLES))))
    for _ in range(data.draw(st.integers(1, 2))):
        if not (inside := places(item)):
            break
        *way, last = data.draw(st.sampled_from(inside))
        holder = item
        for step in way:
            holder = holder[step]
        match data.draw(st.sampled_from(["remove", "replace", "add"])):
            case "remove":
                del holder[last]
            case "add" if isinstance(holder, dict):
                holder[data.draw(st.sampled_from(["stray", "when", "all", "of", "at_least", "not"]))] = True
            case _:
                holder[last] = data.draw(st.sampled_from(STRANGE))
    assert fits(item) == _validator("item").is_valid(item)


@pytest.mark.parametrize("said", [{"multipleOf": 2}, {"enum": [1, "a"]}, {"type": "word"}, {"$ref": "#/x/y"}])
def test_what_is_not_known_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(UnknownKeyword):
        checker({"$defs": {"it": said}}, "it")
