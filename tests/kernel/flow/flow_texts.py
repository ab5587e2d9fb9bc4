"""Flows as text: lists of steps and diagrams, as administrators write and draw them, and as attackers would."""

from __future__ import annotations

from importlib.resources import files

FACT_OBJECTION = (files("yingshang.kernel.flow") / "data/flows/fact_objection.yaml").read_text(
    encoding="utf-8"
)

STEP = '<bpmn:extensionElements><yingshang:step role="window_official" term="2" unit="working_days"/></bpmn:extensionElements>'


def step(identifier: str, extra: str = "", *, inside: str = STEP, tag: str = "userTask") -> str:
    """A task of a diagram."""
    return f'<bpmn:{tag} id="{identifier}" name="环节{identifier}" {extra}>{inside}</bpmn:{tag}>'


def flow(identifier: str, source: str, target: str, when: str | None = None, extra: str = "") -> str:
    """A sequence flow of a diagram."""
    condition = (
        ""
        if when is None
        else f"<bpmn:conditionExpression {extra}><![CDATA[{when}]]></bpmn:conditionExpression>"
    )
    return f'<bpmn:sequenceFlow id="{identifier}" sourceRef="{source}" targetRef="{target}">{condition}</bpmn:sequenceFlow>'


def diagram(
    body: str, *, members: str = "a b", outside: str = "", head: str = "", lane: str = "window"
) -> str:
    """A diagram around the body of a process, in one lane."""
    references = "".join(f"<bpmn:flowNodeRef>{each}</bpmn:flowNodeRef>" for each in members.split())
    return f"""<?xml version="1.0" encoding="UTF-8"?>{head}
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:flowable="http://flowable.org/bpmn" xmlns:activiti="http://activiti.org/bpmn"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:yingshang="urn:yingshang:flow:1"
  id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn">{outside}
  <bpmn:process id="Process_1" name="试办流程" isExecutable="true">
    <bpmn:extensionElements>
      <yingshang:flow nameEn="Trial" term="10" unit="working_days"><yingshang:fact name="amount"/></yingshang:flow>
    </bpmn:extensionElements>
    <bpmn:laneSet id="LaneSet_1"><bpmn:lane id="{lane}" name="窗口">{references}</bpmn:lane></bpmn:laneSet>
    {body}
  </bpmn:process>
</bpmn:definitions>"""


START, END = '<bpmn:startEvent id="start"/>', '<bpmn:endEvent id="end"/>'

PLAIN = diagram(
    START
    + END
    + step("a")
    + step("b")
    + flow("f1", "start", "a")
    + flow("f2", "a", "b")
    + flow("f3", "b", "end")
)
"""start → a → b → end."""


def choice(when: str, extra: str = "") -> str:
    """start → a → gateway → b (when the condition holds) or the end."""
    return diagram(
        START
        + END
        + step("a")
        + step("b")
        + '<bpmn:exclusiveGateway id="way" default="f4"/>'
        + flow("f1", "start", "a")
        + flow("f2", "a", "way")
        + flow("f3", "way", "b", when, extra)
        + flow("f4", "way", "end")
        + flow("f5", "b", "end")
    )
