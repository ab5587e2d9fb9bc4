"""What an author wants to know of a draft while writing it: what is wrong where, and where each condition comes from.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from yingshang.rules.errors import PolicyError
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.marked_yaml import Path
from yingshang.rules.policy.scenario import ScenarioResult, run_scenarios

from ..content import catalogue, problems_of, read_item
from ..errors import InvalidItem
from ..sentences import Sentence
from .yaml_text import CannotEdit, paths_of, read_data


@dataclass(frozen=True, slots=True)
class PlacedProblem:
    """What the linter says, and of which field: `path` leads to the innermost value it is about."""

    path: Path
    problem: Problem


def placed_problems(source: str, as_of: date) -> tuple[PlacedProblem, ...]:
    """Everything `yingshang policy check` says of a source, each at its field."""
    at = paths_of(source)
    return tuple(
        PlacedProblem(at(each.place.line, each.place.column), each) for each in problems_of(source, as_of)
    )


def scenario_results(source: str, as_of: date) -> tuple[ScenarioResult, ...]:
    """The scenarios of an item, run. None for a source that is no item yet."""
    try:
        item = read_item(source)
    except InvalidItem:
        return ()
    return tuple(run_scenarios(item, catalogue(), Date(as_of.year, as_of.month, as_of.day)))


def links_of(source: str, sentences: Sequence[Sentence]) -> dict[str, list[int]]:
    """The sentences a proposed draft was read from: for each condition the one that holds its words."""
    try:
        data = read_data(source)
    except (PolicyError, CannotEdit):
        return {}
    bare = {each.number: _bare(each.text) for each in sentences}
    links: dict[str, list[int]] = {}
    for identifier, text in _texts(data):
        words = _bare(text)
        found = [number for number, sentence in bare.items() if words and words in sentence][:1]
        # What is paid is often said in several sentences, quoted whole.
        found = found or [number for number, sentence in bare.items() if sentence and sentence in words]
        if found:
            links[identifier] = found
    return links


def _texts(data: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(data, dict):
        return
    for key in ("conditions", "exclusions"):
        for each in data.get(key) or ():
            if isinstance(each, dict) and each.get("id"):
                yield str(each["id"]), str(each.get("text") or "")
    benefit = data.get("benefit")
    if isinstance(benefit, dict):
        parts = benefit.get("parts") or ()
        text = str(benefit.get("text") or "") or next(
            (str(each.get("text") or "") for each in parts if isinstance(each, dict)), ""
        )
        yield "benefit", text


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)
