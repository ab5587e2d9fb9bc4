"""Lists of steps: what is read from them, and what is said when something is wrong."""

from __future__ import annotations

import pytest

from tests.kernel.flow.flow_texts import FACT_OBJECTION
from yingshang.kernel.flow.definitions import compile_bpmn, compose_bpmn, lint, parse_steps, read_spec
from yingshang.kernel.flow.errors import InvalidSteps

SMALL = """\
code: small
name: 小流程
facts: [面积]
steps:
  - id: take
    name: 收件
    who: {role: window_official, agency: window}
    outcomes:
      - {code: yes, name: 收}
      - {code: no, name: 不收, ends: true}
  - id: check
    name: 审核
    who: {role: department_official, agency: bureau}
    when: 面积 > 100
"""


def test_the_default_flow_is_as_designed() -> None:
    flow = compile_bpmn(compose_bpmn(parse_steps(FACT_OBJECTION)))
    assert flow.order == ("accept", "verify", "reply")
    assert (flow.case.term, flow.case.ladder) == ({"working_days": 10}, "case")
    accept, verify, reply = flow.steps.values()
    assert (accept.role, accept.lane, accept.term) == (
        "window_official",
        "service_center",
        {"working_days": 2},
    )
    assert [(each.code, each.ends) for each in accept.outcomes] == [("accepted", False), ("refused", True)]
    assert (verify.role, verify.lane, verify.term) == (
        "department_official",
        "source_agency",
        {"working_days": 5},
    )
    assert verify.allow == ("return", "consult", "delegate")
    assert [each.code for each in verify.outcomes] == ["upheld", "rejected"]
    assert (reply.role, reply.lane, [each.code for each in reply.outcomes]) == (
        "window_official",
        "service_center",
        ["replied"],
    )
    assert {each.ladder for each in flow.steps.values()} == {"standard"}
    assert all(each.name_en for each in flow.steps.values())


def test_a_compiled_definition_survives_being_kept() -> None:
    flow = compile_bpmn(compose_bpmn(parse_steps(FACT_OBJECTION)))
    assert read_spec(flow.spec) == flow
    assert read_spec(flow.spec).spec == flow.spec


def test_json_is_read_too() -> None:
    import json

    document = parse_steps(
        json.dumps(
            {
                "code": "j",
                "name": "流程",
                "steps": [{"id": "a", "name": "甲", "who": {"role": "r", "agency": "l"}}],
            }
        )
    )
    assert [step.rule.id for step in document.steps()] == ["a"]
    assert [each.code for each in next(document.steps()).rule.outcomes] == ["done"]


def test_conditions_and_lanes_are_carried_over() -> None:
    flow = compile_bpmn(compose_bpmn(parse_steps(SMALL)))
    assert [lane.code for lane in flow.lanes] == ["window", "bureau"]
    assert {link.when for link in flow.links if link.when} == {"面积 > 100", 'outcome_of_take = "no"'}


@pytest.mark.parametrize(
    ("old", "new", "field", "line", "says"),
    [
        ("code: small", "code: Small Flow", "code", 1, "small letters"),
        ("name: 小流程", "name: [a]", "name", 2, "write a text"),
        ("facts: [面积]", "facts: 面积", "facts", 3, "write a list of names"),
        ("facts: [面积]", "facts: [outcome_of_take]", "facts[0]", 3, "write the name of a fact"),
        ("    name: 收件\n", "", "steps[0].name", 5, "a name is missing"),
        ("id: take", "id: 受理", "steps[0].id", 5, "letters, digits"),
        ("id: take", "id: small", "steps[0].id", 5, "cannot have the code of the whole flow"),
        ("id: check", "id: take", "steps[1].id", 11, "is there twice"),
        ("who: {role: window_official, agency: window}", "who: 窗口", "steps[0].who", 7, "say who does it"),
        ("who: {role: window_official, agency: window}", "who: {agency: window}", "steps[0].who.role", 7, "a role, such as"),
        ("code: yes", "code: 是", "steps[0].outcomes[0].code", 9, "small letters"),
        ("code: no", "code: yes", "steps[0].outcomes[1].code", 10, "is there twice"),
        ("{code: yes, name: 收}", "{code: yes, name: 收, ends: true}", "steps[0].outcomes", 9, "never reached"),
        ("when: 面积 > 100", "when: 面积 >", "steps[1].when", 14, "stops too early"),
        ("when: 面积 > 100", "sets: 面积", "steps[1].sets", 14, "write a list of names"),
        ("when: 面积 > 100", "sets: [高度, 高度]", "steps[1].sets[1]", 14, "listed twice"),
        ("when: 面积 > 100", "sets: [outcome_of_take]", "steps[1].sets[0]", 14, "write the name of a fact"),
        ("when: 面积 > 100", "when: 高度 > 100", "steps[1].when", 14, "list it under facts"),
        ("when: 面积 > 100", 'when: outcome_of_check = "x"', "steps[1].when", 14, "given by nobody before this"),
        ("when: 面积 > 100", "when: 面积 == 100", "steps[1].when", 14, "single ="),
        ("when: 面积 > 100", "when: 'today() > date(\"2026-01-01\")'", "steps[1].when", 14, "may not ask for the time"),
        ("when: 面积 > 100", "term: {weeks: 1}", "steps[1].term", 14, "whole number"),
        ("when: 面积 > 100", "term: {days: 0}", "steps[1].term", 14, "whole number"),
        ("when: 面积 > 100", "term: {days: 1.5}", "steps[1].term", 14, "whole number"),
        ("when: 面积 > 100", "allow: [anything]", "steps[1].allow[0]", 14, "none of: return"),
        ("when: 面积 > 100", "script: import os", "steps[1].script", 14, "unknown field"),
        ("when: 面积 > 100", "outcomes: []", "steps[1].outcomes", 14, "at least one outcome"),
        ("agency: bureau}", "agency: bureau, not_same_as: [check]}", "steps[1].who.not_same_as[0]", 13, "no step before"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_to_write(
    old: str, new: str, field: str, line: int, says: str
) -> None:
    assert old in SMALL
    with pytest.raises(InvalidSteps) as refused:
        parse_steps(SMALL.replace(old, new, 1), "small.yaml")
    problems = {each["field"]: each for each in refused.value.details["problems"]}
    assert field in problems, problems
    found = problems[field]
    assert (found["file"], found["line"]) == ("small.yaml", line)
    assert says in found["message"]
    assert found["message_zh"] and found["message_zh"] != found["message"]
    assert f"small.yaml:{line}" in refused.value.message and f"small.yaml:{line}" in refused.value.message_zh


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidSteps) as refused:
        parse_steps("code: X\nsteps: []\n")
    assert {each["field"] for each in refused.value.details["problems"]} == {"code", "name", "steps"}


@pytest.mark.parametrize("lanes", ["lanes: [{code: window, name: 窗口}]\n"])
def test_with_lanes_listed_a_step_in_another_is_a_mistake(lanes: str) -> None:
    with pytest.raises(InvalidSteps, match="not listed under lanes; there are: window"):
        parse_steps(lanes + SMALL)


@pytest.mark.parametrize(
    "broken",
    [
        "steps: [",
        "\tcode: a",
        "a: 1\na: 2",
        "- just\n- a list",
        "",
        "null",
        "code: a\n---\ncode: b",
        "[" * 20_000,
        "code: !!python/object/apply:os.system ['id']\nname: a\nsteps: []",
        "x: &a [1,2]\ny: [*a, *a]",
        "x: y\n" * 60_000,
    ],
)
def test_what_is_no_list_of_steps_is_refused_in_words(broken: str) -> None:
    with pytest.raises(InvalidSteps) as refused:
        parse_steps(broken)
    assert refused.value.details["problems"]


def test_a_text_may_hold_the_signs_of_aliases_in_quotes() -> None:
    assert parse_steps(SMALL.replace("name: 收件", "name: '收件 *急件 &补件'")).parts


def test_a_group_needs_branches_and_stands_not_too_deep() -> None:
    one = "{id: s%d, name: 甲, who: {role: r, agency: l}}"
    with pytest.raises(InvalidSteps, match="two or more branches"):
        parse_steps(f"code: a\nname: b\nsteps: [{{parallel: [[{one % 1}]]}}]")
    deep = f"[{one % 0}]"
    for number in range(1, 6):
        deep = f"[{{parallel: [{deep}, [{one % number}]]}}]"
    with pytest.raises(InvalidSteps, match="4 deep"):
        parse_steps(f"code: a\nname: b\nsteps: {deep}")


def test_a_condition_in_a_branch_cannot_read_what_happens_beside_it() -> None:
    branch = "{id: %s, name: 甲, who: {role: r, agency: l}%s}"
    text = (
        "code: a\nname: b\nsteps:\n"
        f"  - parallel: [[{branch % ('one', '')}], [{branch % ('two', ', when: outcome_of_one = null')}]]\n"
    )
    with pytest.raises(InvalidSteps, match="given by nobody before this"):
        parse_steps(text)


def test_conditions_read_what_the_opening_gives_and_what_steps_before_set() -> None:
    text = SMALL.replace("facts: [面积]\n", "")
    with pytest.raises(InvalidSteps, match=r"面积.*given by nobody before this"):
        parse_steps(text)
    given = text.replace("agency: window}\n", "agency: window}\n    sets: [面积, 用途]\n")
    document = parse_steps(given)
    flow = compile_bpmn(compose_bpmn(document))
    assert (flow.facts, flow.names) == ((), ("面积", "用途"))
    assert flow.steps["take"].sets == ("面积", "用途") and read_spec(flow.spec) == flow
    # What the step itself, or one after it, will have set is not there yet.
    with pytest.raises(InvalidSteps, match="given by nobody before this"):
        parse_steps(text.replace("when: 面积 > 100", "when: 面积 > 100\n    sets: [面积]"))


def test_a_list_composes_to_a_diagram_without_errors() -> None:
    assert [
        finding for finding in lint(compose_bpmn(parse_steps(SMALL))) if finding.severity == "error"
    ] == []
