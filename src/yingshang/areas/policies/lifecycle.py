"""Which way a version of an item may go: the table of `data/lifecycle.yaml`, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from .errors import InvalidLifecycle, NotPossibleNow

SAME = "same"
"""The target of an event that leaves the state as it is."""


@dataclass(frozen=True, slots=True)
class State:
    """One state of a version. `tone` is how a page colours it, beside its name. Open ones are still worked on."""

    code: str
    name: str
    name_en: str
    open: bool
    tone: str


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table."""

    event: str
    sources: frozenset[str]
    target: str


@cache
def states() -> dict[str, State]:
    """All states, by code."""
    return {row["code"]: State(**row) for row in _table()["states"]}


@cache
def transitions() -> tuple[Transition, ...]:
    """The whole table. Raises InvalidLifecycle when it names a state that is none."""
    rows = tuple(
        Transition(row["event"], frozenset(row["from"]), row["to"]) for row in _table()["transitions"]
    )
    for row in rows:
        if unknown := (row.sources | {row.target}) - set(states()) - {SAME}:
            raise InvalidLifecycle(f"{row.event}: {', '.join(sorted(unknown))} is no state")
    return rows


def may(state: str, event: str) -> bool:
    """Whether the event is possible in the state."""
    return any(row.event == event and state in row.sources for row in transitions())


def after(state: str, event: str) -> str:
    """The state an event leads to. Raises NotPossibleNow."""
    for row in transitions():
        if row.event == event and state in row.sources:
            return state if row.target == SAME else row.target
    known = states()[state]
    raise NotPossibleNow(
        f"{event} is not possible while the version is {known.name_en}",
        message_zh=f"该版本的状态是“{known.name}”，现在不能这样办理",
        state=state,
        event=event,
    )


def _table() -> dict[str, Any]:
    text = (files(__package__) / "data/lifecycle.yaml").read_text(encoding="utf-8")
    table: dict[str, Any] = yaml.safe_load(text)
    return table
