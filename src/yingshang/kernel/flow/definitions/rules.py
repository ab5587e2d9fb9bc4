"""What a compiled definition says: its nodes, flows, and the rules of each step.

A compiled definition is kept as JSON of our own (`CompiledFlow.spec`), not as a pickle or as the engine's own
serialisation: reading it can only ever make the dataclasses below.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ..errors import CorruptState

FORMAT = 1
"""Of the compiled JSON. A reader refuses what it does not know."""

KINDS = ("start", "end", "step", "exclusive", "parallel")
Kind = Literal["start", "end", "step", "exclusive", "parallel"]

ALLOW = ("return", "deficiency", "commitment", "consult", "delegate", "reject")
"""What the holder of a step may do besides completing it: send it back to the applicant, accept it with a debt list,
accept a commitment, ask other agencies, delegate to a colleague, refuse the application."""

UNITS = ("hours", "days", "working_days", "months", "years")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way a step can end. `ends` says that the case is over with it."""

    code: str
    name: str
    name_en: str
    ends: bool = False

    def label(self, language: str) -> str:
        return self.name_en if language.startswith("en") and self.name_en else self.name


DONE = Outcome("done", "办结", "Done")
"""The outcome of a step for which none is written."""


@dataclass(frozen=True, slots=True)
class StepRule:
    """Everything the platform needs to know to hand a step to somebody and hold them to it."""

    id: str
    name: str
    name_en: str
    role: str
    lane: str
    term: Mapping[str, int] | None
    ladder: str | None
    allow: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    form: str | None
    note: str = ""
    not_same_as: tuple[str, ...] = ()
    """Steps whose doers may not do this one: separation of duties."""
    sets: tuple[str, ...] = ()
    """The names this step may write into the data of the case: what its form or its decision leaves for conditions."""

    def label(self, language: str) -> str:
        return self.name_en if language.startswith("en") and self.name_en else self.name

    def outcome(self, code: str) -> Outcome | None:
        return next((outcome for outcome in self.outcomes if outcome.code == code), None)


@dataclass(frozen=True, slots=True)
class CaseRule:
    """The clock of the whole case."""

    term: Mapping[str, int] | None
    ladder: str | None


@dataclass(frozen=True, slots=True)
class Lane:
    """A part of an agency in the flow; which agency it is, a case says in its `agencies`."""

    code: str
    name: str
    name_en: str

    def label(self, language: str) -> str:
        return self.name_en if language.startswith("en") and self.name_en else self.name


@dataclass(frozen=True, slots=True)
class Node:
    """A symbol of the diagram. `terminate` (of an end) ends the case with everything still under way."""

    id: str
    kind: Kind
    name: str = ""
    name_en: str = ""
    lane: str = ""
    terminate: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A sequence flow. `when` is FEEL; `default` is taken when no other way out of its gateway holds."""

    id: str
    source: str
    target: str
    when: str | None = None
    default: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class CompiledFlow:
    """A definition that can run."""

    code: str
    name: str
    name_en: str
    source: str
    facts: tuple[str, ...]
    lanes: tuple[Lane, ...]
    case: CaseRule
    nodes: Mapping[str, Node]
    links: tuple[Link, ...]
    steps: Mapping[str, StepRule]
    """In the order of the document."""
    parallel_groups: tuple[tuple[str, ...], ...]
    """The steps that stand between each parallel gateway that splits and the one that joins."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name the data of a case may have: what the opening gives, and what some step sets."""
        return tuple(
            dict.fromkeys((*self.facts, *(name for step in self.steps.values() for name in step.sets)))
        )

    @property
    def spec(self) -> str:
        """The compiled JSON to keep with the version; the same definition always gives the same text."""
        return json.dumps(_as_data(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def order(self) -> tuple[str, ...]:
        """The ids of the steps in the order of the document."""
        return tuple(self.steps)


def outcome_name(step: str) -> str:
    """The name under which conditions read the outcome of a step: `outcome_of_accept`."""
    return "outcome_of_" + step.replace("-", "_").replace(".", "_")


def spec_digest(spec: str) -> str:
    """What the processes' caches know a compiled definition by."""
    return hashlib.sha256(spec.encode()).hexdigest()


@lru_cache(maxsize=256)
def read_spec(spec: str) -> CompiledFlow:
    """The compiled definition kept as JSON. Raises CorruptState for anything else."""
    try:
        data = json.loads(spec)
        return _from_data(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptState(
            f"this is no compiled flow definition: {error}; publish the definition again",
            message_zh="这不是编译好的流程定义，请重新发布该流程",
        ) from None


def _as_data(flow: CompiledFlow) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "code": flow.code,
        "name": flow.name,
        "name_en": flow.name_en,
        "source": flow.source,
        "facts": list(flow.facts),
        "case": {"term": _plain(flow.case.term), "ladder": flow.case.ladder},
        "lanes": [{"code": lane.code, "name": lane.name, "name_en": lane.name_en} for lane in flow.lanes],
        "nodes": [
            {
                "id": node.id,
                "kind": node.kind,
                "name": node.name,
                "name_en": node.name_en,
                "lane": node.lane,
                "terminate": node.terminate,
            }
            for node in flow.nodes.values()
        ],
        "links": [
            {
                "id": link.id,
                "source": link.source,
                "target": link.target,
                "when": link.when,
                "default": link.default,
                "name": link.name,
            }
            for link in flow.links
        ],
        "steps": [
            {
                "id": step.id,
                "name": step.name,
                "name_en": step.name_en,
                "role": step.role,
                "lane": step.lane,
                "term": _plain(step.term),
                "ladder": step.ladder,
                "allow": list(step.allow),
                "outcomes": [
                    {"code": each.code, "name": each.name, "name_en": each.name_en, "ends": each.ends}
                    for each in step.outcomes
                ],
                "form": step.form,
                "note": step.note,
                "not_same_as": list(step.not_same_as),
                "sets": list(step.sets),
            }
            for step in flow.steps.values()
        ],
        "parallel": [list(group) for group in flow.parallel_groups],
    }


def _plain(term: Mapping[str, int] | None) -> dict[str, int] | None:
    return None if term is None else dict(term)


def _from_data(data: dict[str, Any]) -> CompiledFlow:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r}")
    nodes = {
        each["id"]: Node(
            id=_text(each["id"]),
            kind=_kind(each["kind"]),
            name=_text(each["name"]),
            name_en=_text(each["name_en"]),
            lane=_text(each["lane"]),
            terminate=each["terminate"] is True,
        )
        for each in data["nodes"]
    }
    links = tuple(
        Link(
            id=_text(each["id"]),
            source=_text(each["source"]),
            target=_text(each["target"]),
            when=None if each["when"] is None else _text(each["when"]),
            default=each["default"] is True,
            name=_text(each["name"]),
        )
        for each in data["links"]
    )
    for link in links:
        if link.source not in nodes or link.target not in nodes:
            raise ValueError(f"flow {link.id!r} leads nowhere")
    steps = {
        each["id"]: StepRule(
            id=_text(each["id"]),
            name=_text(each["name"]),
            name_en=_text(each["name_en"]),
            role=_text(each["role"]),
            lane=_text(each["lane"]),
            term=_term(each["term"]),
            ladder=each["ladder"],
            allow=tuple(map(_text, each["allow"])),
            outcomes=tuple(
                Outcome(_text(one["code"]), _text(one["name"]), _text(one["name_en"]), one["ends"] is True)
                for one in each["outcomes"]
            ),
            form=each["form"],
            note=_text(each["note"]),
            not_same_as=tuple(map(_text, each["not_same_as"])),
            # A version from before steps said what they set: none of its steps writes anything.
            sets=tuple(map(_text, each.get("sets", ()))),
        )
        for each in data["steps"]
    }
    if set(steps) != {node.id for node in nodes.values() if node.kind == "step"}:
        raise ValueError("steps and nodes differ")
    return CompiledFlow(
        code=_text(data["code"]),
        name=_text(data["name"]),
        name_en=_text(data["name_en"]),
        source=_text(data["source"]),
        facts=tuple(map(_text, data["facts"])),
        lanes=tuple(
            Lane(_text(each["code"]), _text(each["name"]), _text(each["name_en"])) for each in data["lanes"]
        ),
        case=CaseRule(_term(data["case"]["term"]), data["case"]["ladder"]),
        nodes=nodes,
        links=links,
        steps=steps,
        parallel_groups=tuple(tuple(map(_text, group)) for group in data["parallel"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _kind(value: Any) -> Kind:
    if value not in KINDS:
        raise ValueError(f"a node of the kind {value!r}")
    kind: Kind = value
    return kind


def _term(value: Any) -> dict[str, int] | None:
    if value is None:
        return None
    ((unit, amount),) = value.items()
    if unit not in UNITS or not isinstance(amount, int) or isinstance(amount, bool):
        raise ValueError(f"term {value!r}")
    return {unit: amount}
