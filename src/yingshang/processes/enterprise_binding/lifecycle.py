"""Which way a request may go: the table of `data/lifecycle.yaml`, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from yingshang.kernel.reference.api import parse_yaml

from .errors import InvalidLifecycle, NotPossibleNow

Party = Literal["requester", "representative", "reviewer", "platform"]


@dataclass(frozen=True, slots=True)
class State:
    """One state a request can be in."""

    code: str
    name: str
    name_en: str
    open: bool


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: `by` whom, `action` leads from any of `sources` to one of `targets`."""

    action: str
    by: str
    sources: frozenset[str]
    targets: frozenset[str]


@cache
def states() -> dict[str, State]:
    """All states, by code."""
    return {row["code"]: State(**row) for row in _table()["states"]}


@cache
def transitions() -> tuple[Transition, ...]:
    """The whole table. Raises InvalidLifecycle when it names a state that is none."""
    rows = tuple(
        Transition(row["action"], row["by"], frozenset(row["from"]), frozenset(row["to"]))
        for row in _table()["transitions"]
    )
    for row in rows:
        unknown = (row.sources | row.targets) - set(states())
        if unknown or not all(states()[source].open for source in row.sources):
            raise InvalidLifecycle(f"{row.action} by {row.by}: from or to a state that is none, or is closed")
    return rows


def possible(state: str, by: Party) -> tuple[str, ...]:
    """The actions somebody may take in a state, for the buttons of a page."""
    return tuple(row.action for row in transitions() if state in row.sources and row.by == by)


def require(state: str, action: str, by: Party, *, to: str | None = None) -> None:
    """That the action is possible in this state, and leads to `to`. Raises NotPossibleNow."""
    for row in transitions():
        if row.action == action and row.by == by and state in row.sources:
            if to is not None and to not in row.targets:
                raise InvalidLifecycle(f"{action} by {by} does not lead from {state} to {to}")
            return
    known = states()[state]
    raise NotPossibleNow(
        f"{action} by the {by} is not possible while the request is {known.name_en}",
        message_zh=f"申请的状态是“{known.name}”，现在不能这样办理",
        state=state,
        action=action,
    )


def _table() -> dict[str, Any]:
    text = (files(__package__) / "data/lifecycle.yaml").read_text(encoding="utf-8")
    table: dict[str, Any] = parse_yaml(text)
    return table
