"""What the process behind a flow can follow. A definition may be edited; what is to happen to its subject may not.

A process that says which outcomes it accepts is never told of one it does not know: the definition is not published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .reading import Finding
from .rules import ALLOW, CompiledFlow, StepRule

Say = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True)
class BoundStep:
    """A step the process acts on.

    `outcomes` are those it accepts, each with whether the case has to be over with it (None: as the definition likes).
    `allow` are the other ways it can follow, `sets` the names it writes here, `after` steps that have to come first.
    """

    outcomes: Mapping[str, bool | None]
    allow: frozenset[str] = frozenset(ALLOW)
    sets: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class BoundFlow:
    """The definition a process begins its cases on.

    `lanes` are those it names agencies for, `opening` the facts it gives. Steps it does not know may stand between
    those it does, in the ways `others_allow`; none of them ends the case.
    """

    definition: str
    lanes: tuple[str, ...]
    steps: Mapping[str, BoundStep]
    opening: tuple[str, ...] = ()
    others_allow: frozenset[str] = field(default_factory=lambda: frozenset(ALLOW))


def not_accepted(flow: CompiledFlow, bound: BoundFlow) -> list[Finding]:
    """What in a definition the process behind it could not follow."""
    found: list[Finding] = []

    def say(where: str, message: str, message_zh: str) -> None:
        found.append(Finding("error", where, f"{where}: {message}", message_zh))

    for lane in flow.lanes:
        if lane.code not in bound.lanes:
            listed = ", ".join(bound.lanes)
            say(
                lane.code,
                f"the process names no agency for this lane; it does for: {listed}",
                f"业务流程不会为泳道“{lane.name}”（{lane.code}）指定机构，可用的泳道：{listed}",
            )
    for fact in flow.facts:
        if fact not in bound.opening:
            listed = ", ".join(bound.opening)
            say(
                "process",
                f"the opening does not give {fact!r}; "
                + (f"it gives: {listed}" if listed else "it gives nothing"),
                f"申请时不提供“{fact}”，"
                + (f"可用：{listed}" if listed else "请从 facts 中去掉，或由环节写入（sets）"),
            )
    for code, wanted in bound.steps.items():
        if wanted.required and code not in flow.steps:
            say(
                "process",
                f"the step {code!r} is missing; the process waits for it",
                f"缺少环节“{code}”，业务流程需要它",
            )
    for rule in flow.steps.values():
        known = bound.steps.get(rule.id)
        if known is None:
            _other_step(rule, bound, say)
        else:
            _known_step(flow, rule, known, say)
    return found


def _other_step(rule: StepRule, bound: BoundFlow, say: Say) -> None:
    ends = [outcome for outcome in rule.outcomes if outcome.ends]
    for outcome in ends:
        steps = ", ".join(bound.steps)
        say(
            rule.id,
            f"outcome {outcome.code!r} ends the case at a step the process does not know; only these may: {steps}",
            f"环节“{rule.name}”的结果“{outcome.name}”会结束办件，但业务流程不认识这个环节；只有这些环节可以结束办件：{steps}",
        )
    _ways(rule, bound.others_allow, say)


def _known_step(flow: CompiledFlow, rule: StepRule, known: BoundStep, say: Say) -> None:
    accepted = ", ".join(known.outcomes)
    for outcome in rule.outcomes:
        if outcome.code not in known.outcomes:
            say(
                rule.id,
                f"the process behind this flow does not accept the outcome {outcome.code!r}; it accepts: {accepted}",
                f"环节“{rule.name}”的结果“{outcome.name}”（{outcome.code}）不被业务流程接受，可用的结果：{accepted}",
            )
            continue
        ends = known.outcomes[outcome.code]
        if ends is not None and ends is not outcome.ends:
            say(
                rule.id,
                f"outcome {outcome.code!r} has to {'end' if ends else 'go on with'} the case: "
                f"{'write' if ends else 'leave out'} ends: true",
                f"环节“{rule.name}”的结果“{outcome.name}”必须"
                f"{'结束办件，请写' if ends else '继续办理，请去掉'} ends: true",
            )
    for name in known.sets:
        if name not in rule.sets:
            say(
                rule.id,
                f"the process writes {name!r} here: list it under sets",
                f"业务流程在环节“{rule.name}”写入“{name}”，请列入该环节的 sets",
            )
    for earlier in known.after:
        if earlier in flow.steps and not _always_before(flow, earlier, rule.id):
            say(
                rule.id,
                f"the step {earlier!r} has to be done before this one on every way",
                f"环节“{rule.name}”之前必须先办“{flow.steps[earlier].name}”，请调整顺序或去掉条件",
            )
    _ways(rule, known.allow, say)


def _ways(rule: StepRule, allow: frozenset[str], say: Say) -> None:
    for way in rule.allow:
        if way not in allow:
            listed = ", ".join(each for each in ALLOW if each in allow) or "-"
            say(
                rule.id,
                f"the process cannot follow {way!r} at this step; it can: {listed}",
                f"业务流程在环节“{rule.name}”不支持“{way}”，可用：{listed}",
            )


def _always_before(flow: CompiledFlow, earlier: str, step: str) -> bool:
    """Whether nobody comes to the step without doing the other first."""
    seen = {node.id for node in flow.nodes.values() if node.kind == "start"}
    waiting = list(seen)
    while waiting:
        node = waiting.pop()
        for link in flow.links:
            if link.source == node and link.target != earlier and link.target not in seen:
                seen.add(link.target)
                waiting.append(link.target)
    return step not in seen
