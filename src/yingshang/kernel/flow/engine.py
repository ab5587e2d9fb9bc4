"""Where a case stands in its definition, and what comes next. Pure: no database, no clock.

SpiffWorkflow moves the tokens; nothing of it is kept. The state of a case is a small JSON object that says what
happened (which step was completed with which outcome, and the facts conditions read), and where the case stands is
worked out from that each time. So a state never holds the definition, survives a new release of SpiffWorkflow, can be
carried over to another version of the definition, and going back to an earlier step is leaving out what came after.

Nothing in a definition can run code. What is built here are start and end events, steps, exclusive and parallel
gateways, and nothing else; the only expressions evaluated are the conditions of the compiled definition, as FEEL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.defaults import (
    EndEvent,
    ExclusiveGateway,
    ParallelGateway,
    StartEvent,
    UserTask,
)
from SpiffWorkflow.bpmn.specs.event_definitions.simple import (
    NoneEventDefinition,
    TerminateEventDefinition,
)
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import SpiffWorkflowException

from .definitions.conditions import holds
from .definitions.rules import CompiledFlow, Node, outcome_name, read_spec
from .errors import (
    CodeRefused,
    ConditionUndecided,
    CorruptState,
    NotReady,
    TooManyRounds,
    UnknownOutcome,
    UnknownStep,
)
from .lifecycle import figure

STATE_FORMAT = 1

MOST_MOVES = 10_000
"""Gateways and events that may be passed without anybody doing anything: definitions that go in circles end here."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A step somebody can do now. `token` names this round of it: after a step back it is another one."""

    token: str
    step: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a case stands.

    `state` is what to keep. `data` is what conditions can read: the declared facts, and `outcome_of_…` of each step
    that was completed (null for those that were not). It is not the data of the case: keep those yourself.
    """

    state: dict[str, Any]
    ready: tuple[Ready, ...]
    data: dict[str, Any]
    ended: bool
    end: str | None = None
    """The end event that was reached."""
    cancelled: bool = False
    done: tuple[str, ...] = ()
    """Steps completed and still standing, in the order of completion."""
    skipped: tuple[str, ...] = ()
    """Steps that cannot come any more."""


def begin(compiled_spec: str, data: Mapping[str, Any]) -> Position:
    """Start. Facts of `data` that the definition does not declare are left out of the state."""
    program = _program(compiled_spec)
    state = {
        "format": STATE_FORMAT,
        "data": program.facts_of(data),
        "log": [],
        "given": {},
        "ready": {},
        "cancelled": False,
    }
    return _advance(program, state)


def complete(
    compiled_spec: str,
    state: Mapping[str, Any],
    token: str,
    data: Mapping[str, Any],
    *,
    outcome: str | None = None,
) -> Position:
    """Complete a ready step. `outcome` is one of its outcomes (or `data["outcome_of_<step>"]`); a step with outcomes
    needs one. `data` are facts that are new or have changed.

    Raises NotReady when the token is none of the ready ones (somebody was faster), UnknownOutcome, TooManyRounds when
    it leads round once too often, and ConditionUndecided when what comes next depends on something unknown; nothing has
    changed then.
    """
    program = _program(compiled_spec)
    kept = _checked(state)
    _refuse_ended(kept)
    step = next((step for step, given in kept["ready"].items() if given == token), None)
    if step is None:
        raise NotReady(
            "this step is not open any more: it was completed or taken back meanwhile",
            message_zh="该环节已不在办理中：已被办结或撤回",
            token=token,
        )
    rule = program.flow.steps[step]
    chosen = outcome if outcome is not None else data.get(outcome_name(step))
    if rule.outcomes and rule.outcome(str(chosen)) is None:
        listed = ", ".join(each.code for each in rule.outcomes)
        raise UnknownOutcome(
            f"{chosen!r} is no outcome of {step}; there are: {listed}",
            message_zh=f"环节“{rule.name}”没有结果“{chosen}”，可选：{listed}",
            step=step,
            outcomes=[each.code for each in rule.outcomes],
        )
    entry = {"step": step, "outcome": chosen if rule.outcomes else None, "data": program.facts_of(data, step)}
    remaining = {each: given for each, given in kept["ready"].items() if each != step}
    position = _advance(program, {**kept, "log": [*kept["log"], entry], "ready": remaining})
    _refuse_endless(program, position, step)
    return position


def update(compiled_spec: str, state: Mapping[str, Any], data: Mapping[str, Any]) -> Position:
    """Note facts that are new or have changed without completing a step: the applicant sent in what was missing.

    What was decided with the earlier facts stays as it is.
    """
    program = _program(compiled_spec)
    kept = _checked(state)
    _refuse_ended(kept)
    facts = program.facts_of(data)
    if not facts:
        return _advance(program, kept)
    log = list(kept["log"])
    # What came since the last step is one entry, however often it was corrected.
    earlier = log.pop()["data"] if log and log[-1]["step"] is None else {}
    entry = {"step": None, "outcome": None, "data": {**earlier, **facts}}
    return _advance(program, {**kept, "log": [*log, entry]})


def back_to(compiled_spec: str, state: Mapping[str, Any], step: str) -> Position:
    """Return to a step that was completed: it is ready again, in a new round. What came after it, and what those
    steps established, no longer counts; branches beside it keep what they have done.
    """
    program = _program(compiled_spec)
    kept = _checked(state)
    _refuse_ended(kept)
    rule = program.flow.steps.get(step)
    if rule is None:
        raise UnknownStep(f"no step {step!r} in this flow", message_zh=f"流程没有环节“{step}”", step=step)
    if step not in {entry["step"] for entry in kept["log"]}:
        raise NotReady(
            f"{step} was not completed yet, so there is nothing to return to",
            message_zh=f"环节“{rule.name}”尚未办理，无法退回",
            step=step,
        )
    undone = program.after[step] | {step}
    # In a loop the step lies behind itself: everything from its first completion on is undone.
    log = [entry for entry in kept["log"] if entry["step"] not in undone]
    remaining = {each: given for each, given in kept["ready"].items() if each not in undone}
    position = _advance(program, {**kept, "log": log, "ready": remaining})
    if step not in {each.step for each in position.ready}:
        raise CorruptState(
            f"returning to {step} does not make it ready; return to a step before it",
            message_zh=f"退回后环节“{rule.name}”仍不能办理，请退回到更早的环节",
            step=step,
        )
    return position


def cancel(compiled_spec: str, state: Mapping[str, Any]) -> Position:
    """End the case here: nothing is ready any more."""
    program = _program(compiled_spec)
    kept = _checked(state)
    _refuse_ended(kept)
    return _advance(program, {**kept, "cancelled": True})


def position(compiled_spec: str, state: Mapping[str, Any]) -> Position:
    """Where the case stands, from what is kept."""
    return _advance(_program(compiled_spec), _checked(state))


def carry_over(old_spec: str, new_spec: str, state: Mapping[str, Any]) -> Position:
    """The position of the case in another version of its definition: what happened is run through it.

    Raises UnknownStep, UnknownOutcome, NotReady or ConditionUndecided where the other version does not fit.
    Steps that were and stay ready keep their tokens.
    """
    _program(old_spec)
    program = _program(new_spec)
    kept = _checked(state)
    facts = program.facts_of(kept["data"])
    log = []
    for entry in kept["log"]:
        step = entry["step"]
        if step is not None:
            rule = program.flow.steps.get(step)
            if rule is None:
                raise UnknownStep(
                    f"the completed step {step} does not exist there",
                    message_zh=f"已办环节“{step}”在该版本中不存在",
                    step=step,
                )
            if bool(rule.outcomes) != (entry["outcome"] is not None) or (
                rule.outcomes and rule.outcome(entry["outcome"]) is None
            ):
                raise UnknownOutcome(
                    f"{step} ended with {entry['outcome']!r}, which does not exist there",
                    message_zh=f"环节“{rule.name}”的结果“{entry['outcome']}”在该版本中不存在",
                    step=step,
                )
        log.append({**entry, "data": program.facts_of(entry["data"], step)})
    return _advance(program, {**kept, "data": facts, "log": log}, carried=True)


class _Program:
    """A compiled definition, ready to run; built once a process and never changed."""

    def __init__(self, flow: CompiledFlow) -> None:
        self.flow = flow
        self.names = frozenset({*flow.names, *(outcome_name(step) for step in flow.steps)})
        self.conditions = frozenset(link.when for link in flow.links if link.when is not None)
        self.process = _build(flow)
        self.after = _steps_after(flow)
        self.outcome_names = {outcome_name(step): step for step in flow.steps}

    def facts_of(self, data: Mapping[str, Any], step: str | None = None) -> dict[str, Any]:
        """What the opening, or else a step, may say among the data. What the data do not have stays unknown."""
        names = self.flow.facts if step is None else self.flow.steps[step].sets
        return {name: data[name] for name in names if name in data}


@lru_cache(maxsize=128)
def _program(compiled_spec: str) -> _Program:
    return _Program(read_spec(compiled_spec))


def _build(flow: CompiledFlow) -> Any:
    """The process for SpiffWorkflow, from symbols of five kinds."""
    process = BpmnProcessSpec(flow.code)
    specs: dict[str, Any] = {node.id: _symbol(process, node) for node in flow.nodes.values()}
    for node in flow.nodes.values():
        if node.kind == "start":
            process.start.connect(specs[node.id])
        elif node.kind == "end":
            specs[node.id].connect(process.end)
    for link in flow.links:
        source, target = specs[link.source], specs[link.target]
        if flow.nodes[link.source].kind == "exclusive":
            source.connect_outgoing_if(None if link.default else link.when, target)
        else:
            source.connect(target)
    return process


def _symbol(process: Any, node: Node) -> Any:
    # The prefix keeps our names apart from those SpiffWorkflow gives its own symbols ("Start", "End", "Root").
    name = f"node:{node.id}"
    match node.kind:
        case "start":
            return StartEvent(process, name, NoneEventDefinition())
        case "end":
            event = TerminateEventDefinition() if node.terminate else NoneEventDefinition()
            return EndEvent(process, name, event)
        case "step":
            return UserTask(process, name)
        case "exclusive":
            return ExclusiveGateway(process, name)
        case "parallel":
            return ParallelGateway(process, name)


def _steps_after(flow: CompiledFlow) -> dict[str, frozenset[str]]:
    """For each step, those that may come after it."""
    following: dict[str, list[str]] = {node: [] for node in flow.nodes}
    for link in flow.links:
        following[link.source].append(link.target)
    result = {}
    for step in flow.steps:
        seen: set[str] = set()
        waiting = list(following[step])
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting.extend(following[node])
        result[step] = frozenset(seen & set(flow.steps))
    return result


class _FeelOnly:
    """What SpiffWorkflow asks to evaluate. It knows the conditions of the definition and refuses everything else."""

    def __init__(self, program: _Program, facts: dict[str, Any]) -> None:
        self.program = program
        self.facts = facts
        self.left = MOST_MOVES

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> bool:
        if expression not in self.program.conditions:
            raise _refused("an expression that is no condition of the definition")
        return holds(expression, self.facts, self.program.names, gateway=_id_of(task))

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        raise _refused("a script")

    def call_service(self, *args: Any, **kwargs: Any) -> Any:
        raise _refused("a service")

    @property
    def environment(self) -> Any:
        raise _refused("an environment for scripts")

    def moved(self, task: Any) -> None:
        """Called before each gateway and event."""
        self.left -= 1
        if self.left < 0:
            raise CorruptState(
                "this flow goes in circles without a step in between; its definition has to be mended",
                message_zh="流程在没有环节的情况下循环，请修改流程定义",
            )


class _Workflow(BpmnWorkflow):  # type: ignore[misc]
    """SpiffWorkflow's, which looks for tasks by walking their tree down to a depth of 1,000; here among them all."""

    def get_tasks_iterator(self, first_task: Any = None, **wanted: Any) -> Iterator[Any]:
        if first_task is None and set(wanted) == {"spec_name"}:
            return iter([task for task in self.tasks.values() if task.task_spec.name == wanted["spec_name"]])
        if first_task is None and set(wanted) == {"state"}:
            return iter([task for task in self.tasks.values() if task.has_state(wanted["state"])])
        found: Iterator[Any] = super().get_tasks_iterator(first_task, **wanted)
        return found

    def update_waiting_tasks(self) -> None:
        """Nothing waits here but gateways that join, and each branch that comes to one asks it itself.

        Asking all that wait after every move makes long cases slow.
        """


def _refused(what: str) -> CodeRefused:
    return CodeRefused(
        f"a flow tried to run {what}; only FEEL conditions are ever evaluated",
        message_zh="流程试图运行代码，已拒绝：流程只计算 FEEL 条件",
    )


def _id_of(task: Any) -> str:
    return str(task.task_spec.name).removeprefix("node:")


def _advance(program: _Program, state: dict[str, Any], *, carried: bool = False) -> Position:
    """Run through what happened, and say where that leads."""
    facts = {**dict.fromkeys(program.outcome_names), **state["data"]}
    engine = _FeelOnly(program, facts)
    workflow: Any = _Workflow(program.process, script_engine=engine)
    done: list[str] = []
    try:
        _move(workflow, engine)
        for entry in state["log"]:
            facts.update(entry["data"])
            if entry["step"] is None:
                continue
            # The outcome has to be known when the gateway behind the step asks for it.
            facts[outcome_name(entry["step"])] = entry["outcome"]
            _run_step(program, workflow, entry["step"], carried)
            if entry["step"] in done:
                done.remove(entry["step"])
            done.append(entry["step"])
            _move(workflow, engine)
    except SpiffWorkflowException as error:
        raise _stuck(error) from None
    except RecursionError:
        raise _too_deep() from None
    ended = not any(task.has_state(TaskState.NOT_FINISHED_MASK) for task in workflow.tasks.values())
    cancelled = bool(state["cancelled"]) and not ended
    ready = () if cancelled else _ready(workflow)
    tokens, given = _tokens(ready, state)
    possible = {step for each in ready for step in program.after[each]} | set(ready)
    return Position(
        state={**state, "ready": tokens, "given": given, "cancelled": cancelled, "ended": ended or cancelled},
        ready=tuple(Ready(token=token, step=step) for step, token in tokens.items()),
        data=dict(facts),
        ended=ended or cancelled,
        end=_end_of(workflow) if ended else None,
        cancelled=cancelled,
        done=tuple(done),
        skipped=tuple(step for step in program.flow.steps if step not in possible and step not in done),
    )


def _run_step(program: _Program, workflow: Any, step: str, carried: bool) -> None:
    name = f"node:{step}"
    task = next((each for each in _ready_tasks(workflow, manual=True) if each.task_spec.name == name), None)
    if task is not None:
        task.run()
        return
    if not carried:
        raise CorruptState(
            f"the kept state says that {step} was completed, but the definition does not lead there",
            message_zh=f"办件状态与流程定义不符：环节“{step}”",
            step=step,
        )
    rule = program.flow.steps[step]
    raise NotReady(
        f"{step} was completed, but this version does not lead there at that point",
        message_zh=f"已办环节“{rule.name}”在该版本中此时不会到达",
        step=step,
    )


def _move(workflow: Any, engine: _FeelOnly) -> None:
    """Pass every gateway and event until somebody has to do something."""
    waiting = _ready_tasks(workflow, manual=False)
    while waiting:
        for task in waiting:
            # An end that stops everything may have cancelled those behind it.
            if task.state == TaskState.READY:
                engine.moved(task)
                task.run()
        waiting = _ready_tasks(workflow, manual=False)


def _most_rounds() -> int:
    """How often one step may be completed in a case."""
    return int(figure("rounds", "of_step"))


def _most_steps() -> int:
    """Steps one case may complete, those of loops counted each time."""
    return int(figure("rounds", "of_case"))


def _refuse_endless(program: _Program, position: Position, step: str) -> None:
    """Refuse a decision that leads round once too often; one that ends the case, or leads on, is always possible."""
    if position.ended:
        return
    log = [entry["step"] for entry in position.state["log"] if entry["step"] is not None]
    most = _most_rounds()
    again = next((each.step for each in position.ready if log.count(each.step) >= most), None)
    if again is None and len(log) < _most_steps():
        return
    about = program.flow.steps[again or step]
    often = (
        (f"the step {about.id} was completed {most} times", f"环节“{about.name}”已办理 {most} 次")
        if again
        else (f"the case has completed {len(log)} steps", f"本办件已办理 {len(log)} 次环节")
    )
    raise TooManyRounds(
        f"{often[0]} already, and this would lead on to it again: choose another outcome, or reject the case and have "
        "it asked for anew; who manages the flow can raise the limit or publish a version without the loop",
        message_zh=f"{often[1]}，已达上限，不能再循环办理。请改选其他结果，或退件后由申请人重新提出；"
        "确需继续的，请流程管理人员修改流程",
        step=about.id,
        most=most if again else _most_steps(),
    )


def _too_deep() -> CorruptState:
    return CorruptState(
        "what happened in this case is nested too deeply to be worked out; tell who manages the flow",
        message_zh="该办件的经过过于复杂，无法推算，请联系流程管理人员",
    )


def _stuck(error: SpiffWorkflowException) -> ConditionUndecided:
    gateway = getattr(getattr(error, "task_spec", None), "name", "").removeprefix("node:")
    return ConditionUndecided(
        f"no way out of the gateway {gateway} holds; give it a default flow",
        message_zh=f"网关“{gateway}”的各条件均不成立，且没有默认流向",
        gateway=gateway,
        missing=[],
    )


def _ready_tasks(workflow: Any, *, manual: bool) -> list[Any]:
    return [
        task
        for task in workflow.tasks.values()
        if task.state == TaskState.READY and bool(task.task_spec.manual) is manual
    ]


def _ready(workflow: Any) -> tuple[str, ...]:
    steps = [_id_of(task) for task in _ready_tasks(workflow, manual=True)]
    if len(set(steps)) != len(steps):
        raise CorruptState(
            "a step is reached twice at the same time; the definition needs a gateway that joins",
            message_zh="同一环节被同时到达两次，流程定义缺少汇合网关",
        )
    return tuple(steps)


def _tokens(ready: tuple[str, ...], state: dict[str, Any]) -> tuple[dict[str, str], dict[str, int]]:
    """Steps that stay ready keep their token; those that become ready get one that was never given before."""
    given = dict(state["given"])
    tokens = {}
    for step in ready:
        if step in state["ready"]:
            tokens[step] = state["ready"][step]
        else:
            given[step] = given.get(step, 0) + 1
            tokens[step] = f"{step}.{given[step]}"
    return tokens, given


def _end_of(workflow: Any) -> str | None:
    ends = [
        _id_of(task)
        for task in workflow.tasks.values()
        if task.state == TaskState.COMPLETED and isinstance(task.task_spec, EndEvent)
    ]
    return ends[-1] if ends else None


def _checked(state: Mapping[str, Any]) -> dict[str, Any]:
    """The kept state as it must be. Raises CorruptState."""
    try:
        good = (
            state["format"] == STATE_FORMAT
            and all(isinstance(state[part], dict) for part in ("data", "given", "ready"))
            and isinstance(state["log"], list)
            and all(
                isinstance(entry["data"], dict)
                and (entry["step"] is None or isinstance(entry["step"], str))
                and (entry["outcome"] is None or isinstance(entry["outcome"], str))
                for entry in state["log"]
            )
        )
    except (KeyError, TypeError):
        good = False
    if not good:
        raise CorruptState("this is no state of a case", message_zh="办件状态无法识别")
    return {
        "format": STATE_FORMAT,
        "data": dict(state["data"]),
        "log": list(state["log"]),
        "given": dict(state["given"]),
        "ready": dict(state["ready"]),
        "cancelled": state.get("cancelled") is True,
        "ended": state.get("ended") is True,
    }


def _refuse_ended(state: dict[str, Any]) -> None:
    if state["ended"]:
        raise NotReady("the case is over", message_zh="办件已办结")
