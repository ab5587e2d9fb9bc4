"""A flow as a list of steps in a form: read from what was sent, changed by one button, and made into a document.

What was typed lies in the form alone until it is saved: every button sends the whole of it, one change is made here,
and the form comes back. Whether it makes sense is said by `kernel.flow`, not here. Steps at the same time (并联) are
written as how a step stands to the one before it, so that the list stays flat:

after    when everything before it is done
beside   at the same time as the one before it, a branch of its own
within   after the one before it, in the same branch
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.http import QueryDict

How = Literal["after", "beside", "within"]
MOST_STEPS, MOST_OUTCOMES, MOST_LANES = 60, 12, 20
_NUMBERED = re.compile(r"step-(\d{1,3})-[a-z_]+")


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One way in which a step may be completed."""

    code: str = ""
    name: str = ""
    name_en: str = ""
    ends: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.code or self.name or self.name_en)


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A part of an agency in the flow; which agency it is, each case says."""

    code: str = ""
    name: str = ""
    name_en: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.code or self.name or self.name_en)


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
    when: str = ""
    allow: tuple[str, ...] = ()
    outcomes: tuple[OutcomeRow, ...] = ()
    form: str = ""
    sets: str = ""
    note: str = ""
    apart: str = ""
    """Steps whose doers may not do this one."""


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
        if steps and steps[0].how != "after":
            steps[0] = replace(steps[0], how="after")
        return replace(self, steps=tuple(steps))

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
        lanes = [_named(each.code, each.name, each.name_en) for each in self.lanes if not each.is_empty]
        if lanes:
            document["lanes"] = lanes
        document["steps"] = _gathered(self.steps)
        return document


def from_document(document: Mapping[str, Any]) -> EditedFlow | None:
    """The form of a document, or None where branches lie within branches, which a flat list cannot say."""
    case = document.get("case") or {}
    amount, unit = _term(case.get("term"))
    steps: list[StepRow] = []
    for entry in document.get("steps") or ():
        branches = entry.get("parallel") if isinstance(entry, Mapping) else None
        if branches is None:
            steps.append(_row(entry, "after"))
            continue
        for number, branch in enumerate(branches):
            for position, each in enumerate(branch):
                if "parallel" in each:
                    return None
                how: How = "within" if position else ("beside" if number else "after")
                steps.append(_row(each, how))
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
        steps=tuple(steps),
    )


def from_form(data: QueryDict) -> EditedFlow:
    """What was sent, in the order of the numbers of the steps."""
    numbers = sorted({int(found[1]) for name in data if (found := _NUMBERED.fullmatch(name))})
    steps = tuple(_sent(data, number) for number in numbers[:MOST_STEPS])
    if steps and steps[0].how != "after":
        steps = (replace(steps[0], how="after"), *steps[1:])
    values = {name: data.get(name, "").strip() for name in _TEXTS}
    lanes = tuple(
        LaneRow(*(text.strip() for text in each))
        for each in zip(*(data.getlist(f"lane_{name}") for name in ("code", "name", "name_en")), strict=False)
    )
    return EditedFlow(**values, lanes=lanes[:MOST_LANES], steps=steps)


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
    how = data.get(f"{begin}how", "after")
    columns = [data.getlist(f"{begin}outcome_{name}") for name in ("code", "name", "name_en")]
    ends = set(data.getlist(f"{begin}outcome_ends"))
    rows = []
    for position in range(min(len(columns[0]), MOST_OUTCOMES)):
        code, name, name_en = (
            column[position].strip() if position < len(column) else "" for column in columns
        )
        rows.append(OutcomeRow(code, name, name_en, str(position) in ends))
    return StepRow(
        **values,
        how=how if how in ("beside", "within") else "after",  # type: ignore[arg-type]
        allow=tuple(data.getlist(f"{begin}allow")),
        outcomes=tuple(rows),
    )


def _row(entry: Mapping[str, Any], how: How) -> StepRow:
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
        how=how,
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


def _gathered(steps: Iterable[StepRow]) -> list[dict[str, Any]]:
    """The flat list with what goes on at the same time put into groups."""
    groups: list[list[list[dict[str, Any]]]] = []
    for step in steps:
        entry = _entry(step)
        if step.how == "after" or not groups:
            groups.append([[entry]])
        elif step.how == "beside":
            groups[-1].append([entry])
        else:
            groups[-1][-1].append(entry)
    result: list[dict[str, Any]] = []
    for branches in groups:
        if len(branches) == 1:
            result += branches[0]
        else:
            result.append({"parallel": branches})
    return result


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
    entry["outcomes"] = [
        _named(each.code, each.name, each.name_en) | ({"ends": True} if each.ends else {})
        for each in step.outcomes
        if not each.is_empty
    ]
    return entry


def _named(code: str, name: str, name_en: str) -> dict[str, Any]:
    return {"code": code, "name": name} | ({"name_en": name_en} if name_en else {})


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
