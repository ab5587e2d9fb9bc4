"""Which way an objection may go: the table of `data/lifecycle.yaml`, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from .errors import InvalidLifecycle, NotPossibleNow

BACK = "back"
"""The target of an event that leads back to the state before."""


@dataclass(frozen=True, slots=True)
class State:
    """One state an objection can be in. `tone` is how a page colours it, beside its name."""

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
    """The whole table. Raises InvalidLifecycle when it names a state that is none, or leads on from a closed one."""
    rows = tuple(
        Transition(row["event"], frozenset(row["from"]), row["to"]) for row in _table()["transitions"]
    )
    for row in rows:
        unknown = (row.sources | {row.target}) - set(states()) - {BACK}
        if unknown or not all(states()[source].open for source in row.sources):
            raise InvalidLifecycle(f"{row.event}: from or to a state that is none, or is closed")
    return rows


def after(state: str, event: str, *, before: str = "") -> str:
    """The state an event leads to; `before` is the state to go back to. Raises NotPossibleNow."""
    for row in transitions():
        if row.event == event and state in row.sources:
            return before if row.target == BACK else row.target
    known = states()[state]
    raise NotPossibleNow(
        f"{event} is not possible while the objection is {known.name_en}",
        message_zh=f"异议的状态是“{known.name}”，现在不能这样办理",
        state=state,
        event=event,
    )


def _table() -> dict[str, Any]:
    text = (files(__package__) / "data/lifecycle.yaml").read_text(encoding="utf-8")
    table: dict[str, Any] = yaml.safe_load(text)
    return table
