"""Running cases through definitions: whatever outcomes are chosen, a case stands where its list of steps says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.kernel.flow.flow_texts import END, FACT_OBJECTION, START, STEP, choice, diagram, flow, step
from yingshang.kernel.flow import engine
from yingshang.kernel.flow.definitions import compile_bpmn, compose_bpmn, lint, parse_steps
from yingshang.kernel.flow.definitions.conditions import holds
from yingshang.kernel.flow.definitions.rules import outcome_name
from yingshang.kernel.flow.definitions.steps import Parallel, Part, Step
from yingshang.kernel.flow.errors import (
    ConditionUndecided,
    NotReady,
    TooManyRounds,
    UnknownOutcome,
    UnknownStep,
)


def spec_of(text: str) -> str:
    return compile_bpmn(compose_bpmn(parse_steps(text))).spec


OBJECTION = spec_of(FACT_OBJECTION)


def after(*outcomes: str, spec: str = OBJECTION, data: Mapping[str, Any] | None = None) -> engine.Position:
    """The position after completing whatever is ready first, with these outcomes."""
    position = engine.begin(spec, data or {})
    for outcome in outcomes:
        position = engine.complete(spec, position.state, position.ready[0].token, {}, outcome=outcome)
    return position


def steps_of(position: engine.Position) -> list[str]:
    return [each.step for each in position.ready]


# --- the objection ------------------------------------------------------------------------------------------------


def test_an_objection_goes_its_way() -> None:
    assert steps_of(after()) == ["accept"]
    assert steps_of(after("accepted")) == ["verify"]
    assert steps_of(after("accepted", "rejected")) == ["reply"]
    end = after("accepted", "upheld", "replied")
    assert (end.ended, end.end, end.ready, end.done) == (True, "end-event", (), ("accept", "verify", "reply"))
    assert end.data["outcome_of_verify"] == "upheld"


def test_an_objection_that_is_refused_ends_there() -> None:
    end = after("refused")
    assert (end.ended, end.end, end.skipped) == (True, "end-accept-refused", ("verify", "reply"))


def test_a_token_is_used_once() -> None:
    position = after()
    token = position.ready[0].token
    later = engine.complete(OBJECTION, position.state, token, {}, outcome="accepted")
    with pytest.raises(NotReady, match="completed or taken back"):
        engine.complete(OBJECTION, later.state, token, {}, outcome="accepted")


def test_an_outcome_is_one_of_the_step() -> None:
    with pytest.raises(UnknownOutcome, match="there are: accepted, refused"):
        after("upheld")
    with pytest.raises(UnknownOutcome):
        engine.complete(OBJECTION, after().state, "accept.1", {})


def test_the_outcome_may_come_with_the_data() -> None:
    position = engine.complete(OBJECTION, after().state, "accept.1", {"outcome_of_accept": "refused"})
    assert position.ended


def test_going_back_opens_a_new_round_and_forgets_what_came_after() -> None:
    position = engine.back_to(OBJECTION, after("accepted", "upheld").state, "accept")
    assert [(each.step, each.token) for each in position.ready] == [("accept", "accept.2")]
    assert position.done == () and position.data["outcome_of_verify"] is None
    again = engine.complete(OBJECTION, position.state, "accept.2", {}, outcome="accepted")
    assert [each.token for each in again.ready] == ["verify.2"]


def test_there_is_nothing_to_go_back_to_before_it_was_done() -> None:
    with pytest.raises(NotReady, match="not completed yet"):
        engine.back_to(OBJECTION, after().state, "accept")
    with pytest.raises(UnknownStep):
        engine.back_to(OBJECTION, after().state, "nowhere")


def test_a_case_that_is_over_stays_over() -> None:
    over = after("refused").state
    for attempt in (
        lambda: engine.complete(OBJECTION, over, "accept.1", {}, outcome="accepted"),
        lambda: engine.back_to(OBJECTION, over, "accept"),
        lambda: engine.cancel(OBJECTION, over),
        lambda: engine.update(OBJECTION, over, {"x": 1}),
    ):
        with pytest.raises(NotReady, match="the case is over"):
            attempt()


def test_a_cancelled_case_has_nothing_ready() -> None:
    position = engine.cancel(OBJECTION, after("accepted").state)
    assert (position.ended, position.cancelled, position.ready) == (True, True, ())
    assert engine.position(OBJECTION, position.state).cancelled


def test_the_state_is_small_json_and_gives_the_position_again() -> None:
    position = after("accepted", "upheld")
    kept = json.loads(json.dumps(position.state))
    assert engine.position(OBJECTION, kept) == position
    assert len(json.dumps(kept)) < 400


def test_an_earlier_state_is_not_changed() -> None:
    state = after("accepted").state
    before = json.dumps(state, sort_keys=True)
    engine.complete(OBJECTION, state, "verify.1", {}, outcome="upheld")
    engine.back_to(OBJECTION, state, "accept")
    engine.cancel(OBJECTION, state)
    assert json.dumps(state, sort_keys=True) == before


SETS_AMOUNT = STEP.replace('"/>', '"><yingshang:sets name="amount"/></yingshang:step>', 1)

# --- conditions ---------------------------------------------------------------------------------------------------


def test_what_is_unknown_is_an_error_and_never_a_guess() -> None:
    spec = compile_bpmn(choice("amount > 1").replace(STEP, SETS_AMOUNT, 1)).spec
    state = engine.begin(spec, {}).state
    with pytest.raises(ConditionUndecided) as refused:
        engine.complete(spec, state, "a.1", {}, outcome="done")
    assert refused.value.details == {"condition": "amount > 1", "gateway": "way", "missing": ["amount"]}
    assert "未知：amount" in refused.value.message_zh
    assert steps_of(engine.complete(spec, state, "a.1", {"amount": 2}, outcome="done")) == ["b"]
    assert engine.complete(spec, state, "a.1", {"amount": 0}, outcome="done").ended


def test_only_what_a_step_sets_is_taken_from_it() -> None:
    spec = compile_bpmn(choice("amount > 1").replace(STEP, SETS_AMOUNT, 1)).spec
    position = engine.complete(
        spec, engine.begin(spec, {"amount": 5}).state, "a.1", {"amount": 0, "other": 1}, outcome="done"
    )
    assert position.ended and "other" not in position.data
    spec = compile_bpmn(choice("amount > 1")).spec
    began = engine.begin(spec, {"amount": 5})
    assert steps_of(engine.complete(spec, began.state, "a.1", {"amount": 0}, outcome="done")) == ["b"]


def test_what_does_not_matter_may_be_unknown() -> None:
    spec = compile_bpmn(choice('amount > 1 or outcome_of_a = "done"')).spec
    assert steps_of(engine.complete(spec, engine.begin(spec, {}).state, "a.1", {}, outcome="done")) == ["b"]


@pytest.mark.parametrize("value", [None, "text", [], {}])
def test_a_fact_of_the_wrong_type_is_an_error(value: Any) -> None:
    spec = compile_bpmn(choice("amount > 1")).spec
    with pytest.raises(ConditionUndecided):
        engine.complete(spec, engine.begin(spec, {"amount": value}).state, "a.1", {}, outcome="done")


def test_an_answer_that_is_no_truth_is_an_error() -> None:
    spec = compile_bpmn(choice("amount")).spec
    with pytest.raises(ConditionUndecided, match="number, not true or false"):
        engine.complete(spec, engine.begin(spec, {"amount": 1}).state, "a.1", {}, outcome="done")


def test_facts_can_come_later_without_completing_anything() -> None:
    spec = compile_bpmn(choice("amount > 1")).spec
    position = engine.update(spec, engine.begin(spec, {}).state, {"amount": 5, "other": 1})
    assert [each.token for each in position.ready] == ["a.1"] and position.data["amount"] == 5
    assert steps_of(engine.complete(spec, position.state, "a.1", {}, outcome="done")) == ["b"]


def test_loops_come_round_with_a_new_token() -> None:
    outcomes = (
        '<bpmn:extensionElements><yingshang:step role="r"><yingshang:outcome code="again" name="再"/>'
        '<yingshang:outcome code="good" name="好"/></yingshang:step></bpmn:extensionElements>'
    )
    text = diagram(
        START + END + step("a") + step("b", inside=outcomes) + '<bpmn:exclusiveGateway id="way" default="f4"/>'
        + flow("f1", "start", "a") + flow("f2", "a", "b") + flow("f3", "b", "way") + flow("f4", "way", "end")
        + flow("f5", "way", "a", 'outcome_of_b = "again"')
    )  # fmt: skip
    spec = compile_bpmn(text).spec
    position = engine.begin(spec, {})
    for round_ in range(1, 6):
        assert [each.token for each in position.ready] == [f"a.{round_}"]
        position = engine.complete(spec, position.state, f"a.{round_}", {}, outcome="done")
        position = engine.complete(
            spec, position.state, f"b.{round_}", {}, outcome="again" if round_ < 5 else "good"
        )
    assert position.ended


def test_a_loop_of_parallel_steps_goes_round_until_it_is_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_most_rounds", lambda: 6)
    outcomes = (
        '<bpmn:extensionElements><yingshang:step role="r"><yingshang:outcome code="again" name="再"/>'
        '<yingshang:outcome code="good" name="好"/></yingshang:step></bpmn:extensionElements>'
    )
    text = diagram(
        START + END + step("a") + step("b") + step("c", inside=outcomes)
        + '<bpmn:exclusiveGateway id="in"/><bpmn:parallelGateway id="split"/><bpmn:parallelGateway id="join"/>'
        + '<bpmn:exclusiveGateway id="way" default="f9"/>'
        + flow("f1", "start", "in") + flow("f2", "in", "split") + flow("f3", "split", "a") + flow("f4", "split", "b")
        + flow("f5", "a", "join") + flow("f6", "b", "join") + flow("f7", "join", "c") + flow("f8", "c", "way")
        + flow("f9", "way", "end") + flow("f10", "way", "in", 'outcome_of_c = "again"'),
        members="a b c",
    )  # fmt: skip
    spec = compile_bpmn(text).spec
    position = engine.begin(spec, {})
    for round_ in range(1, 7):
        assert sorted(steps_of(position)) == ["a", "b"]
        for each in position.ready:
            position = engine.complete(spec, position.state, each.token, {}, outcome="done")
        assert steps_of(position) == ["c"]
        if round_ < 6:
            position = engine.complete(spec, position.state, position.ready[0].token, {}, outcome="again")
    with pytest.raises(TooManyRounds, match="choose another outcome") as refused:
        engine.complete(spec, position.state, position.ready[0].token, {}, outcome="again")
    assert refused.value.details["most"] == 6 and "请改选其他结果" in refused.value.message_zh
    # Whoever is refused can still end it.
    assert engine.complete(spec, position.state, position.ready[0].token, {}, outcome="good").ended


def test_a_case_has_an_end_even_where_no_step_comes_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_most_steps", lambda: 2)
    with pytest.raises(TooManyRounds, match="has completed 2 steps"):
        after("accepted", "upheld")


def test_facts_that_are_corrected_a_hundred_times_are_one_entry() -> None:
    spec = compile_bpmn(choice("amount > 1")).spec
    position = engine.begin(spec, {})
    for amount in range(100):
        position = engine.update(spec, position.state, {"amount": amount})
    assert len(position.state["log"]) == 1 and position.data["amount"] == 99


def test_many_cases_run_at_the_same_time_on_one_definition() -> None:
    """A compiled definition is built once a process and shared by its threads."""

    def one(number: int) -> tuple[str, ...]:
        verdict = "upheld" if number % 2 else "rejected"
        return (
            *after("accepted", verdict, "replied").done,
            after("accepted", verdict).data["outcome_of_verify"],
        )

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(one, range(200)))
    assert results == [
        ("accept", "verify", "reply", "upheld" if number % 2 else "rejected") for number in range(200)
    ]


# --- migration ----------------------------------------------------------------------------------------------------


def test_a_case_goes_on_in_another_version_with_its_tokens() -> None:
    other = spec_of(FACT_OBJECTION.replace("working_days: 5", "working_days: 3"))
    position = engine.carry_over(OBJECTION, other, after("accepted").state)
    assert [each.token for each in position.ready] == ["verify.1"]


def test_a_step_that_is_new_there_comes_first() -> None:
    extra = (
        "  - {id: check, name: 初审, who: {role: window_official, agency: service_center}}\n  - id: verify\n"
    )
    other = spec_of(FACT_OBJECTION.replace("  - id: verify\n", extra))
    assert steps_of(engine.carry_over(OBJECTION, other, after("accepted").state)) == ["check"]
    with pytest.raises(NotReady, match="does not lead there"):
        engine.carry_over(OBJECTION, other, after("accepted", "upheld").state)


def test_what_was_done_has_to_exist_there() -> None:
    with pytest.raises(UnknownStep, match="accept does not exist there"):
        engine.carry_over(
            OBJECTION, spec_of(FACT_OBJECTION.replace("id: accept", "id: take")), after("accepted").state
        )
    with pytest.raises(UnknownOutcome, match="'accepted', which does not exist there"):
        engine.carry_over(
            OBJECTION,
            spec_of(FACT_OBJECTION.replace("code: accepted", "code: taken")),
            after("accepted").state,
        )


# --- any list of steps, any outcomes ------------------------------------------------------------------------------


@dataclass
class Builder:
    """Draws lists of steps as data."""

    draw: Any
    number: int = 0
    codes: dict[str, list[str]] = field(default_factory=dict)

    def parts(self, before: list[str], depth: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        before = list(before)
        for _ in range(self.draw(st.integers(1, 3))):
            if depth < 2 and self.draw(st.integers(0, 3)) == 0:
                branches = [self.parts(before, depth + 1) for _ in range(self.draw(st.integers(2, 3)))]
                found.append({"parallel": branches})
                for branch in branches:
                    before += ids(branch)
            else:
                found.append(self.step(before))
                before.append(found[-1]["id"])
        return found

    def step(self, before: list[str]) -> dict[str, Any]:
        self.number += 1
        step: dict[str, Any] = {
            "id": f"s{self.number}",
            "name": f"环节{self.number}",
            "who": {"role": "window_official", "agency": self.draw(st.sampled_from(["one", "two", "three"]))},
        }
        kind = self.draw(st.integers(0, 3))
        if kind:
            step["outcomes"] = [
                {"code": "a", "name": "甲"},
                {"code": "b", "name": "乙", **({"ends": True} if kind == 3 else {})},
                {"code": "c", "name": "丙"},
            ][: kind + 1]
        self.codes[step["id"]] = [each["code"] for each in step.get("outcomes", [{"code": "done"}])]
        conditions = ["x", "not(y)", "x and y", "n > 3"]
        if before:
            other = self.draw(st.sampled_from(before))
            code = self.draw(st.sampled_from(self.codes[other]))
            conditions += [f'outcome_of_{other} = "{code}"', f'outcome_of_{other} != "{code}" or n = 3']
        if self.draw(st.booleans()):
            step["when"] = self.draw(st.sampled_from(conditions))
        return step


def ids(parts: list[dict[str, Any]]) -> list[str]:
    found = []
    for part in parts:
        if "parallel" in part:
            for branch in part["parallel"]:
                found += ids(branch)
        else:
            found.append(part["id"])
    return found


@st.composite
def step_lists(draw: Any) -> str:
    builder = Builder(draw)
    document = {"code": "any", "name": "任意流程", "facts": ["x", "y", "n"], "steps": builder.parts([], 0)}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)


class Over(Exception):
    """An outcome that ends the case was chosen."""


@dataclass
class Expected:
    """What the list itself says is ready: worked out from its structure, without diagram or engine."""

    facts: dict[str, Any]
    done: dict[str, str]
    steps: dict[str, Step]

    def ready(self, parts: tuple[Part, ...]) -> tuple[set[str], bool]:
        """Steps ready in a sequence, and whether it is finished. Raises Over."""
        for part in parts:
            if isinstance(part, Parallel):
                branches = [self.ready(branch) for branch in part.branches]
                if not all(finished for _, finished in branches):
                    return set().union(*(ready for ready, _ in branches)), False
            elif not self.passed(part):
                return {part.rule.id}, False
        return set(), True

    def passed(self, part: Step) -> bool:
        names = frozenset({*self.facts, *(outcome_name(step) for step in self.steps)})
        known = {**{outcome_name(step): None for step in self.steps}, **self.facts}
        known |= {outcome_name(step): outcome for step, outcome in self.done.items()}
        if part.when is not None and not holds(part.when, known, names):
            return True
        outcome = self.done.get(part.rule.id)
        if outcome is None:
            return False
        chosen = part.rule.outcome(outcome)
        if chosen is not None and chosen.ends:
            raise Over
        return True

    def undo(self, parts: tuple[Part, ...], step: str) -> bool:
        """Forget a step and everything after it; whether it stands in this sequence."""
        for index, part in enumerate(parts):
            if isinstance(part, Parallel):
                if not any(self.undo(branch, step) for branch in part.branches):
                    continue
            elif part.rule.id != step:
                continue
            else:
                self.done.pop(step, None)
            for later in parts[index + 1 :]:
                self.forget(later)
            return True
        return False

    def forget(self, part: Part) -> None:
        if isinstance(part, Parallel):
            for branch in part.branches:
                for each in branch:
                    self.forget(each)
        else:
            self.done.pop(part.rule.id, None)


# Making an example smaller takes minutes and tells little: the list is printed as it is.
@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(step_lists(), st.data())
def test_any_list_composes_clean_and_runs_to_its_end(text: str, data: st.DataObject) -> None:
    document = parse_steps(text)
    bpmn = compose_bpmn(document)
    assert [each for each in lint(bpmn) if each.severity == "error"] == []
    spec = compile_bpmn(bpmn).spec
    steps = {step.rule.id: step for step in document.steps()}
    facts = {"x": data.draw(st.booleans()), "y": data.draw(st.booleans()), "n": data.draw(st.integers(1, 5))}
    expected = Expected(facts, {}, steps)
    position = engine.begin(spec, facts)
    backs = 2
    for _ in range(4 * len(steps) + 4):
        try:
            ready, finished = expected.ready(document.parts)
        except Over:
            ready, finished = set(), True
        assert set(steps_of(position)) == ready
        assert position.ended == finished
        assert set(position.done) == set(expected.done)
        if finished:
            return
        assert engine.position(spec, json.loads(json.dumps(position.state))) == position
        if backs and position.done and data.draw(st.integers(0, 5)) == 0:
            backs -= 1
            back = data.draw(st.sampled_from(position.done))
            expected.undo(document.parts, back)
            position = engine.back_to(spec, position.state, back)
            continue
        chosen = data.draw(st.sampled_from(position.ready))
        outcome = data.draw(st.sampled_from([each.code for each in steps[chosen.step].rule.outcomes]))
        expected.done[chosen.step] = outcome
        position = engine.complete(spec, position.state, chosen.token, {}, outcome=outcome)
    raise AssertionError("the case never ended")
