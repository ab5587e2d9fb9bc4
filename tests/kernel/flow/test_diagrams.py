"""Diagrams: what is composed is BPMN 2.0 with a drawing; what is uploaded is checked before it may run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import SpiffWorkflow.bpmn.parser
from lxml import etree

from tests.kernel.flow.flow_texts import END, FACT_OBJECTION, PLAIN, START, STEP, choice, diagram, flow, step
from yingshang.kernel.flow.definitions import (
    FormNames,
    Known,
    compile_bpmn,
    compose_bpmn,
    lint,
    parse_steps,
    read_bpmn,
)
from yingshang.kernel.flow.drawing import draw
from yingshang.kernel.flow.errors import CannotPublish

SCHEMA = Path(SpiffWorkflow.bpmn.parser.__file__).parent / "schema" / "BPMN20.xsd"

LARGE = """
code: large
name: 联合审批
facts: [面积, 涉及消防]
lanes: [{code: a, name: 窗口}, {code: b, name: 住建}, {code: c, name: 消防}]
steps:
  - {id: take, name: 收件, who: {role: r, agency: a}, outcomes: [{code: ok, name: 收}, {code: no, name: 不收, ends: true}, {code: gone, name: 转, ends: true}]}
  - parallel:
      - [{id: plan, name: 规划, who: {role: r, agency: b}}, {id: again, name: 复核, who: {role: r, agency: b}, when: 面积 > 500}]
      - [{id: fire, name: 消防, who: {role: r, agency: c}, when: 涉及消防, outcomes: [{code: ok, name: 过}, {code: no, name: 不过, ends: true}]}]
      - [{parallel: [[{id: water, name: 供水, who: {role: r, agency: b}}], [{id: power, name: 供电, who: {role: r, agency: b}}]]}]
  - {id: decide, name: 决定, who: {role: r, agency: b}, when: outcome_of_fire = "ok"}
  - {id: deliver, name: 送达, who: {role: r, agency: a}}
"""


def errors(text: str, known: Known | None = None) -> list[str]:
    return [f"{each.where}: {each.message}" for each in lint(text, known) if each.severity == "error"]


@pytest.mark.parametrize("text", [FACT_OBJECTION, LARGE])
def test_what_is_composed_is_valid_bpmn_with_everything_drawn(text: str) -> None:
    bpmn = compose_bpmn(parse_steps(text))
    etree.XMLSchema(etree.parse(str(SCHEMA))).assertValid(etree.fromstring(bpmn.encode()))
    read = read_bpmn(bpmn)
    assert read.findings == []
    assert all(symbol in read.boxes for symbol in read.symbols)
    assert all(arrow.id in read.ways for arrow in read.arrows)
    assert all(lane.id in read.boxes for lane in read.lanes) and read.pool in read.boxes
    assert compose_bpmn(parse_steps(text)) == bpmn


@pytest.mark.parametrize("text", [FACT_OBJECTION, LARGE])
def test_nothing_is_drawn_over_something_else(text: str) -> None:
    read = read_bpmn(compose_bpmn(parse_steps(text)))
    boxes = [read.boxes[symbol] for symbol in read.symbols]
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            assert apart, (one, other)
    for lane in read.lanes:
        frame = read.boxes[lane.id]
        for member in lane.members:
            box = read.boxes[member]
            assert frame.y <= box.y and box.y + box.height <= frame.y + frame.height
            assert frame.x <= box.x and box.x + box.width <= frame.x + frame.width


def test_parallel_steps_are_known_as_groups() -> None:
    groups = compile_bpmn(compose_bpmn(parse_steps(LARGE))).parallel_groups
    assert sorted(map(sorted, groups)) == [
        ["again", "fire", "plan", "power", "water"],
        ["power", "water"],
    ]


def test_a_plain_diagram_of_a_modeler_can_be_published() -> None:
    compiled = compile_bpmn(PLAIN, code="trial")
    assert (compiled.code, compiled.name, compiled.name_en) == ("trial", "试办流程", "Trial")
    assert compiled.steps["a"].role == "window_official" and compiled.steps["a"].lane == "window"
    assert [each.code for each in compiled.steps["a"].outcomes] == ["done"]
    assert compiled.facts == ("amount",)


def test_a_condition_with_the_equals_sign_some_modelers_write_is_read() -> None:
    compiled = compile_bpmn(choice("=amount > 5", 'xsi:type="bpmn:tFormalExpression"'))
    assert [link.when for link in compiled.links if link.when] == ["amount > 5"]


GATEWAY = '<bpmn:exclusiveGateway id="way"/>'
JOIN = '<bpmn:parallelGateway id="join"/>'
SPLIT = '<bpmn:parallelGateway id="split"/>'
OUTCOMES = (
    '<bpmn:extensionElements><yingshang:step role="r"><yingshang:outcome code="yes" name="是"/>'
    '<yingshang:outcome code="no" name="否"/></yingshang:step></bpmn:extensionElements>'
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (diagram(END + step("a") + step("b")), "exactly one start"),
        (diagram(START + END + step("a") + flow("f1", "start", "a") + flow("f2", "a", "end"), members="").replace("</bpmn:lane>", ""), "no well-formed XML"),
        (diagram(START + END + step("a") + flow("f1", "start", "a") + flow("f2", "a", "end"), members=""), "stands in no lane"),
        (diagram(START + END + step("a", inside="") + flow("f1", "start", "a") + flow("f2", "a", "end")), "which role does this step"),
        (diagram(START + END + step("a") + flow("f1", "start", "a")), "nothing leads on from here"),
        (diagram(START + END + step("a") + step("b") + flow("f1", "start", "a") + flow("f2", "a", "end") + flow("f3", "b", "end")), "nothing leads here"),
        (diagram(START + END + step("a") + step("b") + step("c") + flow("f1", "start", "a") + flow("f2", "a", "end") + flow("f3", "b", "c") + flow("f4", "c", "b"), members="a b c"), "b (环节b)"),
        (diagram(START + END + step("a") + flow("f1", "start", "a") + flow("f2", "a", "nowhere")), "which is no step, gateway or event"),
        (diagram(START + END + step("a") + step("b") + flow("f1", "start", "a") + flow("f2", "a", "b") + flow("f3", "a", "end") + flow("f4", "b", "end")), "several flows lead out of a step"),
        (diagram(START + END + step("a") + step("a") + flow("f1", "start", "a") + flow("f2", "a", "end")), "is there twice"),
        (diagram(START + END + step("a") + flow("f1", "start", "a") + flow("f2", "a", "end"), lane="窗口"), "needs a code"),
        (diagram(START + END + step("a") + flow("f1", "start", "a") + flow("f2", "a", "end", "amount > 1")), "only flows out of an exclusive gateway"),
        # A gateway without a way out, or with one that never holds.
        (diagram(START + END + step("a") + step("b") + GATEWAY + flow("f1", "start", "a") + flow("f2", "a", "way") + flow("f3", "way", "b") + flow("f4", "way", "end") + flow("f5", "b", "end")), "needs a condition in FEEL"),
        (diagram(START + END + step("a") + step("b") + GATEWAY + flow("f1", "start", "a") + flow("f2", "a", "way") + flow("f3", "way", "b", "amount > 1") + flow("f4", "way", "end", "amount < 1") + flow("f5", "b", "end")), "may have no way out"),
        (diagram(START + END + step("a", inside=OUTCOMES) + step("b") + GATEWAY + flow("f1", "start", "a") + flow("f2", "a", "way") + flow("f3", "way", "b", 'outcome_of_a = "yes"') + flow("f4", "way", "end", 'outcome_of_a = "maybe"') + flow("f5", "b", "end")), "is never 'maybe'; there are: yes, no"),
        (diagram(START + END + step("a", inside=OUTCOMES) + step("b") + GATEWAY + flow("f1", "start", "a") + flow("f2", "a", "way") + flow("f3", "way", "b", 'outcome_of_a = "yes"') + flow("f4", "way", "end", 'amount != null and outcome_of_a = "no"') + flow("f5", "b", "end")), "may have no way out"),
        # Tokens that meet in the wrong place.
        (diagram(START + END + step("a") + step("b") + GATEWAY.replace('"way"', '"way" default="f3"') + JOIN + flow("f1", "start", "way") + flow("f2", "way", "a", "amount > 1") + flow("f3", "way", "b") + flow("f4", "a", "join") + flow("f5", "b", "join") + flow("f6", "join", "end")), "gets stuck here"),
        (diagram(START + END + step("a") + step("b") + step("c") + SPLIT + flow("f1", "start", "split") + flow("f2", "split", "a") + flow("f3", "split", "b") + flow("f4", "a", "c") + flow("f5", "b", "c") + flow("f6", "c", "end"), members="a b c"), "two branches come here"),
        (diagram(START + END + step("a") + GATEWAY.replace('"way"', '"way" default="f2"') + '<bpmn:exclusiveGateway id="again"/>' + flow("f1", "start", "way") + flow("f2", "way", "again") + flow("f3", "again", "way") + flow("f4", "way", "a", "amount > 1") + flow("f5", "a", "end")), "leads back to itself"),
        (diagram(START + END + step("a") + flow("f1", "start", "a") + flow("f2", "a", "end") + '<bpmn:boundaryEvent id="x" attachedToRef="a"/>'), "boundaryEvent is not used here: write the time"),
        (diagram(START + END + step("a", inside=STEP + "<bpmn:multiInstanceLoopCharacteristics/>") + flow("f1", "start", "a") + flow("f2", "a", "end")), "is not repeated"),
        (diagram('<bpmn:startEvent id="start"><bpmn:timerEventDefinition/></bpmn:startEvent>' + END + step("a") + flow("f1", "start", "a") + flow("f2", "a", "end")), "only plain start and end events"),
        (diagram(START + END + step("a") + flow("f1", "start", "a") + flow("f2", "a", "end"), outside='<bpmn:process id="other"/>'), "exactly one process"),
        (diagram(START + END + step("a", inside=OUTCOMES.replace('name="否"', 'name="否" ends="true"')) + step("b") + flow("f1", "start", "a") + flow("f2", "a", "b") + flow("f3", "b", "end")), "is to end the case, but the way it takes goes on"),
        (diagram(START + END + '<bpmn:inclusiveGateway id="i"/>'), "inclusiveGateway is not used here"),
        (diagram(START + END + '<bpmn:subProcess id="i"/>'), "subProcess is not used here"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_found(text: str, says: str) -> None:
    found = errors(text)
    assert any(says in each for each in found), found
    with pytest.raises(CannotPublish) as refused:
        compile_bpmn(text)
    assert refused.value.details["findings"]


def test_findings_name_line_and_element_in_both_languages() -> None:
    text = diagram(
        START + END + "\n\n" + step("a", inside="") + flow("f1", "start", "a") + flow("f2", "a", "end")
    )
    found = next(each for each in lint(text) if "role" in each.message)
    assert found.where == "a" and found.line == text[: text.index("<bpmn:userTask")].count("\n") + 1
    assert "办理角色" in found.message_zh


def test_outcomes_that_cover_everything_need_no_default() -> None:
    text = diagram(
        START + END + step("a", inside=OUTCOMES) + step("b") + GATEWAY
        + flow("f1", "start", "a") + flow("f2", "a", "way") + flow("f3", "way", "b", 'outcome_of_a = "yes"')
        + flow("f4", "way", "end", 'outcome_of_a = "no"') + flow("f5", "b", "end")
    )  # fmt: skip
    assert errors(text) == []


def test_roles_ladders_and_forms_are_those_of_the_platform() -> None:
    text = compose_bpmn(
        parse_steps(FACT_OBJECTION.replace("ladder: standard", "ladder: standard\n    form: objection"))
    )
    good = Known(
        roles={"window_official", "department_official"},
        ladders={"standard", "case"},
        forms={"objection": FormNames()},
    )
    assert errors(text, good) == []
    found = errors(text, Known(roles={"window_official"}, ladders={"case"}, forms={}))
    assert any("no role 'department_official'; there are: window_official" in each for each in found)
    assert any("no ladder 'standard'" in each for each in found)
    assert any("no form 'objection'" in each for each in found)


def test_ten_branches_are_walked_as_quickly_as_one() -> None:
    branches = ", ".join(
        f"[{{id: a{n}, name: 甲, who: {{role: r, agency: l}}}}, {{id: b{n}, name: 乙, who: {{role: r, agency: l}}}}]"
        for n in range(12)
    )
    assert (
        errors(compose_bpmn(parse_steps(f"code: wide\nname: 宽\nsteps: [{{parallel: [{branches}]}}]"))) == []
    )


def test_what_other_engines_left_without_running_anything_is_only_said() -> None:
    text = PLAIN.replace('id="a"', 'id="a" camunda:assignee="zhang" camunda:formKey="f"', 1)
    assert errors(text) == []
    assert any("assignee belongs to another engine" in each.message for each in lint(text))


# As their modelers save them, shortened. What is missing is what only this platform asks for, and the linter says it.

BPMN_IO = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" xmlns:color="http://www.omg.org/spec/BPMN/non-normative/color/1.0" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="Definitions_0fr9mxs" targetNamespace="http://bpmn.io/schema/bpmn" exporter="bpmn-js (https://demo.bpmn.io)" exporterVersion="18.0.0" modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.6.0">
  <bpmn:collaboration id="Collaboration_1"><bpmn:participant id="Participant_1" name="受理流程" processRef="Process_1u8l9tw"/><bpmn:participant id="Participant_2" name="申请人"/><bpmn:messageFlow id="Flow_9" sourceRef="Participant_2" targetRef="Participant_1"/></bpmn:collaboration>
  <bpmn:process id="Process_1u8l9tw" isExecutable="false">
    <bpmn:laneSet id="LaneSet_1"><bpmn:lane id="Lane_06r4" name="窗口"><bpmn:flowNodeRef>StartEvent_1</bpmn:flowNodeRef><bpmn:flowNodeRef>Activity_0b</bpmn:flowNodeRef><bpmn:flowNodeRef>Event_1</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
    <bpmn:startEvent id="StartEvent_1"><bpmn:outgoing>Flow_1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:task id="Activity_0b" name="受理"><bpmn:incoming>Flow_1</bpmn:incoming><bpmn:outgoing>Flow_2</bpmn:outgoing></bpmn:task>
    <bpmn:sequenceFlow id="Flow_1" sourceRef="StartEvent_1" targetRef="Activity_0b"/>
    <bpmn:endEvent id="Event_1"><bpmn:incoming>Flow_2</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="Flow_2" sourceRef="Activity_0b" targetRef="Event_1"/>
    <bpmn:textAnnotation id="TextAnnotation_1"><bpmn:text>说明</bpmn:text></bpmn:textAnnotation>
    <bpmn:association id="Association_1" sourceRef="Activity_0b" targetRef="TextAnnotation_1"/>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="BPMNDiagram_1"><bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement="Collaboration_1"><bpmndi:BPMNShape id="Activity_0b_di" bpmnElement="Activity_0b" bioc:stroke="#0d4372" color:border-color="#0d4372"><dc:Bounds x="260" y="80" width="100" height="80"/></bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>"""

FLOWABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:flowable="http://flowable.org/bpmn" xmlns:omgdi="http://www.omg.org/spec/DD/20100524/DI" typeLanguage="http://www.w3.org/2001/XMLSchema" expressionLanguage="http://www.w3.org/1999/XPath" targetNamespace="http://www.flowable.org/processdef">
  <process id="leave" name="受理流程" isExecutable="true">
    <laneSet id="lanes"><lane id="window" name="窗口"><flowNodeRef>start</flowNodeRef><flowNodeRef>sid-6B12</flowNodeRef><flowNodeRef>end</flowNodeRef></lane></laneSet>
    <startEvent id="start" flowable:initiator="initiator"/>
    <userTask id="sid-6B12" name="受理" flowable:candidateGroups="window" flowable:formKey="accept"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="sid-6B12"/><sequenceFlow id="f2" sourceRef="sid-6B12" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"""

SIGNAVIO = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signavio="http://www.signavio.com" id="sid-1" targetNamespace="http://www.signavio.com" exporter="Signavio Process Editor" expressionLanguage="http://www.w3.org/TR/XPath">
  <process id="sid-2" isClosed="false" isExecutable="false" name="受理流程" processType="None">
    <extensionElements/>
    <laneSet id="sid-3"><lane id="sid-4" name="窗口"><extensionElements><signavio:signavioMetaData metaKey="bgcolor" metaValue=""/></extensionElements><flowNodeRef>sid-5</flowNodeRef><flowNodeRef>sid-6</flowNodeRef><flowNodeRef>sid-7</flowNodeRef></lane></laneSet>
    <startEvent id="sid-5" name=""><extensionElements><signavio:signavioMetaData metaKey="bgcolor" metaValue="#ffffff"/></extensionElements><outgoing>sid-8</outgoing></startEvent>
    <task completionQuantity="1" id="sid-6" isForCompensation="false" name="受理" startQuantity="1"><incoming>sid-8</incoming><outgoing>sid-9</outgoing></task>
    <endEvent id="sid-7" name=""><incoming>sid-9</incoming></endEvent>
    <sequenceFlow id="sid-8" sourceRef="sid-5" targetRef="sid-6"/><sequenceFlow id="sid-9" sourceRef="sid-6" targetRef="sid-7"/>
  </process>
</definitions>"""


@pytest.mark.parametrize("text", [BPMN_IO, FLOWABLE, SIGNAVIO], ids=["bpmn.io", "Flowable", "Signavio"])
def test_files_of_common_modelers_are_read_and_what_they_lack_is_said(text: str) -> None:
    found = errors(text)
    assert found and all("which role does this step" in each or "needs a code" in each for each in found), (
        found
    )
    mended = re.sub(r"(<(?:bpmn:)?lane id=)\"[^\"]*\"", r'\1"window"', text)
    prefix = "bpmn:" if "<bpmn:" in text else ""
    role = f'<{prefix}extensionElements><y:step xmlns:y="urn:yingshang:flow:1" role="window_official"/></{prefix}extensionElements>'
    if "<userTask" in mended:
        mended = mended.replace('flowable:formKey="accept"/>', f">{role}</userTask>")
    else:
        mended = re.sub(rf"(<{prefix}task [^>]*>)", rf"\1{role}", mended)
    assert errors(mended) == []
    compiled = compile_bpmn(mended, code="accept")
    assert (compiled.name, [each.name for each in compiled.steps.values()]) == ("受理流程", ["受理"])
    assert "受理" in draw(mended)
