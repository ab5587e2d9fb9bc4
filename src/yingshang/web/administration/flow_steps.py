"""A flow as a list of steps in a form: read from what was sent, changed by one button, and made into a document.

What was typed lies in the form alone until it is saved: every button sends the whole of it, one change is made here,
and the form comes back. Whether it makes sense is said by `kernel.flow`, not here. Steps at the same time (并联) are
written as how a step stands to what is before it, at a level, so that the list stays flat:

after    when everything at this level is done
beside   at the same time as the last of this level, a branch of its own

What stands in a branch is one level further in than the branch. So after what is before it within its branch, a step is
"after" at level 1; a group inside that branch has its branches "beside" at level 1, and so on inwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.http import QueryDict

How = Literal["after", "beside"]
MOST_STEPS, MOST_OUTCOMES, MOST_LANES = 200, 40, 60
DEEPEST = 4
"""Groups may stand inside each other so deep."""
_NUMBERED = re.compile(r"step-(\d{1,3})-[a-z_]+")


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A code with its names, as it was typed."""

    code: str = ""
    name: str = ""
    name_en: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.code or self.name or self.name_en)


@dataclass(frozen=True, slots=True)
class LaneRow(NamedRow):
    """A part of an agency in the flow; which agency it is, each case says."""


@dataclass(frozen=True, slots=True)
class OutcomeRow(NamedRow):
    """One way in which a step may be completed."""

    ends: bool = False


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step as it stands in the form: text, as it was typed."""

    id: str = ""
    name: str = ""
    name_en: str = ""
    role: str = ""
    lane: str = ""
    amount: str = ""
    unit: str = "working_days"
    ladder: str = ""
    how: How = "after"
    level: int = 0
    when: str = ""
    allow: tuple[str, ...] = ()
    outcomes: tuple[OutcomeRow, ...] = ()
    form: str = ""
    sets: str = ""
    note: str = ""
    apart: str = ""
    """Steps whose doers may not do this one."""

    @property
    def place(self) -> str:
        """How it stands to what is before it, as the form says it."""
        return f"{self.how}-{self.level}"


@dataclass(frozen=True, slots=True)
class EditedFlow:
    """The whole form."""

    name: str = ""
    name_en: str = ""
    source: str = ""
    amount: str = ""
    unit: str = "working_days"
    ladder: str = ""
    facts: str = ""
    note: str = ""
    lanes: tuple[LaneRow, ...] = ()
    steps: tuple[StepRow, ...] = ()

    def changed(self, operation: str) -> EditedFlow:
        """After one button: lane, add, up, down, remove, outcome, with the number of the step it is about."""
        what, _, rest = operation.partition("-")
        if what == "lane":
            return self if len(self.lanes) >= MOST_LANES else replace(self, lanes=(*self.lanes, LaneRow()))
        if what == "add":
            if len(self.steps) >= MOST_STEPS:
                return self
            at = int(rest) + 1 if rest.isdecimal() else len(self.steps)
            return replace(self, steps=(*self.steps[:at], self._fresh(), *self.steps[at:]))
        if not rest.isdecimal() or int(rest) >= len(self.steps):
            return self
        at, steps = int(rest), list(self.steps)
        if what == "remove":
            del steps[at]
        elif what == "up" and at:
            steps[at - 1], steps[at] = steps[at], steps[at - 1]
        elif what == "down" and at + 1 < len(steps):
            steps[at + 1], steps[at] = steps[at], steps[at + 1]
        elif what == "outcome" and len(steps[at].outcomes) < MOST_OUTCOMES:
            steps[at] = replace(steps[at], outcomes=(*steps[at].outcomes, OutcomeRow()))
        return replace(self, steps=_begun(steps))

    def _fresh(self) -> StepRow:
        taken = {step.id for step in self.steps}
        number = next(n for n in range(1, MOST_STEPS + 2) if f"step_{n}" not in taken)
        lane = self.lanes[0].code if self.lanes else ""
        return StepRow(
            id=f"step_{number}",
            amount="3",
            lane=lane,
            ladder="standard",
            outcomes=(OutcomeRow("done", "办理完成", "Done"),),
        )

    def document(self, code: str) -> dict[str, Any]:
        """The list of steps as `kernel.flow` reads it."""
        case: dict[str, Any] = {}
        if self.amount:
            case["term"] = {self.unit: _number(self.amount)}
        if self.ladder:
            case["ladder"] = self.ladder
        document: dict[str, Any] = {"code": code, "name": self.name, "name_en": self.name_en}
        if self.source:
            document["source"] = self.source
        if self.note:
            document["note"] = self.note
        if case:
            document["case"] = case
        if facts := _names(self.facts):
            document["facts"] = facts
        lanes = [_named(each) for each in self.lanes if not each.is_empty]
        if lanes:
            document["lanes"] = lanes
        document["steps"] = _gathered(self.steps)
        return document


def from_document(document: Mapping[str, Any]) -> EditedFlow:
    """The form of a document that `kernel.flow` has read."""
    case = document.get("case") or {}
    amount, unit = _term(case.get("term"))
    return EditedFlow(
        name=str(document.get("name") or ""),
        name_en=str(document.get("name_en") or ""),
        source=str(document.get("source") or ""),
        amount=amount,
        unit=unit,
        ladder=str(case.get("ladder") or ""),
        facts="、".join(str(each) for each in document.get("facts") or ()),
        note=str(document.get("note") or ""),
        lanes=tuple(
            LaneRow(*(str(each.get(name) or "") for name in ("code", "name", "name_en")))
            for each in document.get("lanes") or ()
        ),
        steps=tuple(_rows(document.get("steps") or ())),
    )


def from_form(data: QueryDict) -> EditedFlow:
    """What was sent, in the order of the numbers of the steps."""
    numbers = sorted({int(found[1]) for name in data if (found := _NUMBERED.fullmatch(name))})
    steps = _begun(_sent(data, number) for number in numbers)
    values = {name: data.get(name, "").strip() for name in _TEXTS}
    lanes = tuple(
        LaneRow(*(text.strip() for text in each))
        for each in zip(*(data.getlist(f"lane_{name}") for name in ("code", "name", "name_en")), strict=False)
    )
    return EditedFlow(**values, lanes=lanes, steps=steps)


def _begun(steps: Iterable[StepRow]) -> tuple[StepRow, ...]:
    """The steps, of which the first has nothing before it."""
    found = list(steps)
    if found:
        found[0] = replace(found[0], how="after", level=0)
    return tuple(found)


_TEXTS = ("name", "name_en", "source", "amount", "unit", "ladder", "facts", "note")
_STEP_TEXTS = (
    "id",
    "name",
    "name_en",
    "role",
    "lane",
    "amount",
    "unit",
    "ladder",
    "when",
    "form",
    "sets",
    "note",
    "apart",
)


def _sent(data: QueryDict, number: int) -> StepRow:
    begin = f"step-{number}-"
    values = {name: data.get(f"{begin}{name}", "").strip() for name in _STEP_TEXTS}
    how, _, level = data.get(f"{begin}how", "after-0").partition("-")
    columns = [data.getlist(f"{begin}outcome_{name}") for name in ("code", "name", "name_en")]
    ends = set(data.getlist(f"{begin}outcome_ends"))
    rows = []
    for position in range(len(columns[0])):
        code, name, name_en = (
            column[position].strip() if position < len(column) else "" for column in columns
        )
        rows.append(OutcomeRow(code, name, name_en, str(position) in ends))
    return StepRow(
        **values,
        how="beside" if how == "beside" else "after",
        level=min(int(level), DEEPEST) if level.isdecimal() else 0,
        allow=tuple(data.getlist(f"{begin}allow")),
        outcomes=tuple(rows),
    )


def _row(entry: Mapping[str, Any], level: int) -> StepRow:
    who = entry.get("who") or {}
    amount, unit = _term(entry.get("term"))
    return StepRow(
        id=str(entry.get("id") or ""),
        name=str(entry.get("name") or ""),
        name_en=str(entry.get("name_en") or ""),
        role=str(who.get("role") or ""),
        lane=str(who.get("agency") or ""),
        amount=amount,
        unit=unit,
        ladder=str(entry.get("ladder") or ""),
        level=level,
        when=str(entry.get("when") or ""),
        allow=tuple(str(each) for each in entry.get("allow") or ()),
        outcomes=tuple(
            OutcomeRow(
                str(each.get("code") or ""),
                str(each.get("name") or ""),
                str(each.get("name_en") or ""),
                bool(each.get("ends")),
            )
            for each in entry.get("outcomes") or ()
        ),
        form=str(entry.get("form") or ""),
        sets="、".join(str(each) for each in entry.get("sets") or ()),
        note=str(entry.get("note") or ""),
        apart="、".join(str(each) for each in who.get("not_same_as") or ()),
    )


Part = dict[str, Any] | list[list[Any]]
"""A step as the document has it, or branches, each of them a sequence of parts."""


def _gathered(steps: Iterable[StepRow]) -> list[dict[str, Any]]:
    """The flat list with what goes on at the same time put into groups."""
    flow: list[Part] = []
    for step in steps:
        sequence = _sequence(flow, step.level)
        if step.how == "beside" and sequence:
            _branches(sequence).append([_entry(step)])
        else:
            sequence.append(_entry(step))
    return _document(flow)


def _sequence(flow: list[Part], level: int) -> list[Part]:
    """What goes on at a level where the list has come to: in the last branch of the last part, and so on inwards."""
    sequence = flow
    for _ in range(min(level, DEEPEST)):
        if sequence:
            sequence = _branches(sequence)[-1]
    return sequence


def _branches(sequence: list[Part]) -> list[list[Any]]:
    """The branches of the last part of a sequence; of a step, the one it stands in."""
    part = sequence[-1]
    if isinstance(part, dict):
        sequence[-1] = part = [[part]]
    return part


def _document(sequence: Iterable[Part]) -> list[dict[str, Any]]:
    """The parts as the document has them: one branch alone is no group."""
    found: list[dict[str, Any]] = []
    for part in sequence:
        if isinstance(part, dict):
            found.append(part)
        elif len(part) == 1:
            found += _document(part[0])
        else:
            found.append({"parallel": [_document(branch) for branch in part]})
    return found


def _rows(parts: Iterable[Mapping[str, Any]], level: int = 0) -> list[StepRow]:
    """The steps of a sequence at a level, in the order of the list."""
    found: list[StepRow] = []
    for part in parts:
        if "parallel" not in part:
            found.append(_row(part, level))
            continue
        for number, branch in enumerate(part["parallel"]):
            rows = _rows(branch, level + 1)
            # What a branch begins with says how the branch stands to what is before it.
            rows[:1] = [replace(row, how="beside" if number else "after", level=level) for row in rows[:1]]
            found += rows
    return found


def _entry(step: StepRow) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": step.id, "name": step.name}
    if step.name_en:
        entry["name_en"] = step.name_en
    who: dict[str, Any] = {"role": step.role, "agency": step.lane}
    if apart := _words(step.apart):
        who["not_same_as"] = apart
    entry["who"] = who
    if step.amount:
        entry["term"] = {step.unit: _number(step.amount)}
    if step.ladder:
        entry["ladder"] = step.ladder
    if step.allow:
        entry["allow"] = list(step.allow)
    for name in ("when", "form", "note"):
        if text := getattr(step, name):
            entry[name] = text
    if sets := _names(step.sets):
        entry["sets"] = sets
    outcomes = [
        _named(each) | ({"ends": True} if each.ends else {}) for each in step.outcomes if not each.is_empty
    ]
    # None written is the one that every step may have.
    if outcomes:
        entry["outcomes"] = outcomes
    return entry


def _named(row: NamedRow) -> dict[str, Any]:
    return {"code": row.code, "name": row.name} | ({"name_en": row.name_en} if row.name_en else {})


def _term(term: Any) -> tuple[str, str]:
    if isinstance(term, Mapping) and term:
        unit, amount = next(iter(term.items()))
        return str(amount), str(unit)
    return "", "working_days"


def _words(text: str) -> list[str]:
    """What stands between commas of any kind, or spaces."""
    return [each for each in re.split(r"[\s,，、;；]+", text) if each]


def _names(text: str) -> list[str]:
    """Names of data between commas of any kind; in FEEL a name may have spaces in it."""
    return [name for each in re.split(r"[,，、;；\n]+", text) if (name := " ".join(each.split()))]


def _number(text: str) -> int | str:
    """A number where it is one; otherwise the text, for the check to complain about."""
    return int(text) if text.isdecimal() and len(text) < 6 else text
