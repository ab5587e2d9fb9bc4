"""Which way a task and a case may go: the tables of `data/lifecycle.yaml`, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from yingshang.kernel.reference.api import parse_yaml

from .case_errors import InvalidLifecycle, NotPossibleNow

Kind = Literal["task", "opinion", "case"]
By = Literal["holder", "pool", "assigner", "applicant", "official", "platform"]


@dataclass(frozen=True, slots=True)
class State:
    """One state a task or a case can be in."""

    code: str
    name: str
    name_en: str
    open: bool


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of a table: `action` `by` whom leads from any of `sources` to one of `targets`."""

    action: str
    by: str
    sources: frozenset[str]
    targets: frozenset[str]


@cache
def states(kind: Kind) -> dict[str, State]:
    """All states of one kind, by code."""
    return {row["code"]: State(**row) for row in _table()[kind]["states"]}


@cache
def transitions(kind: Kind) -> tuple[Transition, ...]:
    """The table of one kind. Raises InvalidLifecycle when it names a state that is none, or leaves a closed one."""
    rows = tuple(
        Transition(row["action"], row["by"], frozenset(row["from"]), frozenset(row["to"]))
        for row in _table()[kind]["transitions"]
    )
    known = states(kind)
    for row in rows:
        if (row.sources | row.targets) - set(known) or not all(known[source].open for source in row.sources):
            raise InvalidLifecycle(
                f"{kind} {row.action} by {row.by}: from or to a state that is none, or is closed"
            )
    return rows


def possible(kind: Kind, state: str, by: str) -> tuple[str, ...]:
    """The actions somebody may take in a state, for the buttons of a page."""
    return tuple(row.action for row in transitions(kind) if state in row.sources and row.by == by)


def allows(kind: Kind, state: str, action: str, by: str) -> bool:
    """Whether the table has such a row."""
    return action in possible(kind, state, by)


def require(kind: Kind, state: str, action: str, by: str, *, to: str | None = None) -> None:
    """That the action is possible in this state and leads to `to`. Raises NotPossibleNow."""
    for row in transitions(kind):
        if row.action == action and row.by == by and state in row.sources:
            if to is not None and to not in row.targets:
                raise InvalidLifecycle(f"{kind} {action} by {by} does not lead from {state} to {to}")
            return
    known = states(kind)[state]
    thing, thing_zh = ("the case", "办件") if kind == "case" else ("the task", "待办")
    raise NotPossibleNow(
        f"this is not possible while {thing} is {known.name_en}; look at it again, somebody may have acted meanwhile",
        message_zh=f"{thing_zh}的状态是“{known.name}”，现在不能这样办理；请刷新后再看，可能已有人办理",
        state=state,
        action=action,
    )


def figure(*path: str) -> Any:
    """A figure of the data file: `figure("correction", "term")`."""
    found: Any = _table()["figures"]
    for name in path:
        found = found[name]
    return found


def open_states(kind: Kind) -> tuple[str, ...]:
    """The codes of the states in which something is still to be done."""
    return tuple(code for code, state in states(kind).items() if state.open)


def names(kind: Kind) -> Mapping[str, tuple[str, str]]:
    """State → its Chinese and its English name, for pages."""
    return {code: (state.name, state.name_en) for code, state in states(kind).items()}


@cache
def _table() -> dict[str, Any]:
    text = (files(__package__) / "data/lifecycle.yaml").read_text(encoding="utf-8")
    table: dict[str, Any] = parse_yaml(text)
    return table
