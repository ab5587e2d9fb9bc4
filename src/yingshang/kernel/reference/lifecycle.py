"""A table of states as data: which way a thing may go, and nothing else.

A room keeps its table in `data/lifecycle.yaml` and reads it here, so that the tables look alike everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, cast

from yingshang.rules.errors import DomainError

from .errors import InvalidLifecycle
from .reference_data import parse_yaml

SAME = "same"
"""The target of an event that leaves the state as it is."""
BACK = "back"
"""The target of an event that leads back to the state before."""


@dataclass(frozen=True, slots=True)
class State:
    """One state. `tone` is how a page colours it, beside its name. In open ones something is still to be done."""

    code: str
    name: str
    name_en: str
    open: bool
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: an event, the states it may come in, and the one it leads to (or SAME, BACK).

    `by` names who may cause it, where the table says so.
    """

    event: str
    sources: frozenset[str]
    target: str
    by: frozenset[str] = frozenset()


class Lifecycle:
    """The table below `table` of a package's `data/lifecycle.yaml` (the whole file where it is empty).

    `thing` and `thing_zh` name what has the states, for the refusal an impossible event is answered with.
    """

    def __init__(
        self, package: str, *, thing: str, thing_zh: str, refusal: type[DomainError], table: str = ""
    ) -> None:
        self._package = package
        self._thing, self._thing_zh = thing, thing_zh
        self._refusal = refusal
        self._name = table

    @cached_property
    def states(self) -> dict[str, State]:
        """All states, by code."""
        return {row["code"]: State(**row) for row in self._table["states"]}

    @cached_property
    def transitions(self) -> tuple[Transition, ...]:
        """The whole table. Raises InvalidLifecycle when a row names a state that is none, or two rows contradict."""
        rows = tuple(
            Transition(row["event"], frozenset(row["from"]), row["to"], frozenset(row.get("by", ())))
            for row in self._table["transitions"]
        )
        seen: set[tuple[str, str]] = set()
        for row in rows:
            if unknown := (row.sources | {row.target}) - set(self.states) - {SAME, BACK}:
                raise InvalidLifecycle(
                    f"{self._thing}: {row.event}: {', '.join(sorted(unknown))} is no state"
                )
            if twice := {(row.event, source) for source in row.sources} & seen:
                raise InvalidLifecycle(f"{self._thing}: {sorted(twice)} has two rows")
            seen |= {(row.event, source) for source in row.sources}
        return rows

    @property
    def open_states(self) -> tuple[str, ...]:
        """The codes of the states in which something is still to be done."""
        return tuple(code for code, state in self.states.items() if state.open)

    def may(self, state: str, event: str) -> bool:
        """Whether the event is possible in the state."""
        return self._row(state, event) is not None

    def events(self, state: str, *, by: str = "") -> tuple[str, ...]:
        """What can happen in a state; only what `by` may cause, where somebody is named."""
        return tuple(
            row.event for row in self.transitions if state in row.sources and (not by or by in row.by)
        )

    def after(self, state: str, event: str, *, before: str = "") -> str:
        """The state an event leads to; `before` is the state to go back to. Raises the refusal."""
        row = self._row(state, event)
        if row is not None:
            return {SAME: state, BACK: before}.get(row.target, row.target)
        known = self.states[state]
        raise self._refusal(
            f"{event} is not possible while the {self._thing} is {known.name_en}",
            message_zh=f"{self._thing_zh}的状态是“{known.name}”，现在不能这样办理；请刷新后再看",
            state=state,
            event=event,
        )

    def _row(self, state: str, event: str) -> Transition | None:
        return next((row for row in self.transitions if row.event == event and state in row.sources), None)

    @cached_property
    def _table(self) -> dict[str, Any]:
        file = _file(self._package)
        return cast("dict[str, Any]", file[self._name]) if self._name else file


@cache
def _file(package: str) -> dict[str, Any]:
    """A package's whole file; it holds the tables of several things, each read by a `Lifecycle` of its own."""
    return cast(
        "dict[str, Any]", parse_yaml((files(package) / "data/lifecycle.yaml").read_text(encoding="utf-8"))
    )
