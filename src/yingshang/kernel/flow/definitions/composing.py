"""From a list of steps to BPMN 2.0 with lanes and coordinates, as any modeler opens it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from .layout import Layout, lay_out
from .linting import reading_order
from .reading import BPMN, BPMNDI, DC, DI, XSI, YINGSHANG, Box
from .rules import Link, Node, StepRule, outcome_name
from .steps import Parallel, Part, Step, StepDocument

_NAMESPACES = {
    "bpmn": BPMN,
    "bpmndi": BPMNDI,
    "dc": DC,
    "di": DI,
    "xsi": XSI,
    "yingshang": YINGSHANG,
}


def compose_bpmn(document: StepDocument) -> str:
    """The BPMN of a list of steps. The same list always gives the same text."""
    graph = _Graph()
    graph.whole(document)
    order = reading_order(graph.nodes, tuple(graph.links))
    nodes = {node: graph.nodes[node] for node in order}
    layout = lay_out(nodes, graph.links, document.lanes)
    return _Writer(document, nodes, graph.links, graph.rules, layout).text()


@dataclass(frozen=True, slots=True)
class _Loose:
    """An end that still has to be tied to what comes next."""

    source: str
    when: str | None = None
    default: bool = False
    name: str = ""


@dataclass(slots=True)
class _Graph:
    nodes: dict[str, Node] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    rules: dict[str, StepRule] = field(default_factory=dict)
    groups: int = 0
    merges: int = 0

    def whole(self, document: StepDocument) -> None:
        steps = list(document.steps())
        self.nodes["start-event"] = Node("start-event", "start", "开始", "Start", steps[0].rule.lane)
        loose = self.sequence(document.parts, [_Loose("start-event")], False)
        if loose:
            self.add(Node("end-event", "end", "办结", "End", self.nodes[loose[0].source].lane), loose)

    def add(self, node: Node, loose: list[_Loose]) -> None:
        self.nodes[node.id] = node
        for each in loose:
            self.links.append(
                Link(f"flow-{len(self.links) + 1}", each.source, node.id, each.when, each.default, each.name)
            )

    def sequence(self, parts: tuple[Part, ...], loose: list[_Loose], inside: bool) -> list[_Loose]:
        for part in parts:
            loose = self.step(part, loose, inside) if isinstance(part, Step) else self.group(part, loose)
        return loose

    def step(self, step: Step, loose: list[_Loose], inside: bool) -> list[_Loose]:
        rule = step.rule
        passed: list[_Loose] = []
        if step.when is not None:
            ask = f"ask-{rule.id}"
            self.add(Node(ask, "exclusive", lane=rule.lane), loose)
            loose = [_Loose(ask, step.when)]
            passed = [_Loose(ask, default=True)]
        self.add(Node(rule.id, "step", rule.name, rule.name_en, rule.lane), loose)
        self.rules[rule.id] = rule
        ending = [outcome for outcome in rule.outcomes if outcome.ends]
        going = [outcome for outcome in rule.outcomes if not outcome.ends]
        loose = [_Loose(rule.id)]
        if ending and going:
            way = f"way-{rule.id}"
            self.add(Node(way, "exclusive", lane=rule.lane), loose)
            name = going[0].name if len(going) == 1 else ""
            loose = [_Loose(way, default=True, name=name)]
            for outcome in ending:
                when = f'{outcome_name(rule.id)} = "{outcome.code}"'
                self.end(
                    rule,
                    outcome.code,
                    outcome.name,
                    outcome.name_en,
                    _Loose(way, when, name=outcome.name),
                    inside,
                )
        elif ending:
            self.end(rule, "all", "办结", "End", loose[0], inside)
            loose = []
        return [*loose, *passed]

    def end(self, rule: StepRule, code: str, name: str, name_en: str, loose: _Loose, inside: bool) -> None:
        # Inside a parallel group the other branches stop as well.
        self.add(Node(f"end-{rule.id}-{code}", "end", name, name_en, rule.lane, terminate=inside), [loose])

    def group(self, group: Parallel, loose: list[_Loose]) -> list[_Loose]:
        self.groups += 1
        number = self.groups
        split, join = f"split-{number}", f"join-{number}"
        lane = self.nodes[loose[0].source].lane
        self.add(Node(split, "parallel", lane=lane), self.merged(loose, lane))
        tied: list[_Loose] = []
        for branch in group.branches:
            ends = self.sequence(branch, [_Loose(split)], True)
            # A gateway that joins waits for every flow that leads to it, so each branch may have only one.
            tied += self.merged(ends, lane)
        if not tied:
            return []
        self.add(Node(join, "parallel", lane=lane), tied)
        return [_Loose(join)]

    def merged(self, loose: list[_Loose], lane: str) -> list[_Loose]:
        if len(loose) < 2:
            return loose
        self.merges += 1
        merge = f"merge-{self.merges}"
        self.add(Node(merge, "exclusive", lane=self.nodes[loose[0].source].lane or lane), loose)
        return [_Loose(merge)]


class _Writer:
    def __init__(
        self,
        document: StepDocument,
        nodes: dict[str, Node],
        links: list[Link],
        rules: dict[str, StepRule],
        layout: Layout,
    ) -> None:
        self.document = document
        self.nodes = nodes
        self.links = links
        self.rules = rules
        self.layout = layout

    def text(self) -> str:
        root = etree.Element(f"{{{BPMN}}}definitions", nsmap=_NAMESPACES)
        root.set("id", "definitions")
        root.set("targetNamespace", YINGSHANG)
        collaboration = _sub(root, BPMN, "collaboration", id="collaboration")
        _sub(
            collaboration,
            BPMN,
            "participant",
            id="pool",
            name=self.document.name,
            processRef=self.document.code,
        )
        self.process(root)
        self.drawing(root)
        text = etree.tostring(root, pretty_print=True, encoding="unicode")
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + str(text)

    def process(self, root: Any) -> None:
        document = self.document
        process = _sub(root, BPMN, "process", id=document.code, name=document.name, isExecutable="true")
        extensions = _sub(process, BPMN, "extensionElements")
        flow = _sub(
            extensions,
            YINGSHANG,
            "flow",
            nameEn=document.name_en,
            source=document.source,
            note=document.note,
            ladder=document.case.ladder,
            **_term(document.case.term),
        )
        for fact in document.facts:
            _sub(flow, YINGSHANG, "fact", name=fact)
        lane_set = _sub(process, BPMN, "laneSet", id="lanes")
        for lane in document.lanes:
            element = _sub(lane_set, BPMN, "lane", id=f"lane-{lane.code}", name=lane.name)
            _sub(
                _sub(element, BPMN, "extensionElements"),
                YINGSHANG,
                "lane",
                code=lane.code,
                nameEn=lane.name_en,
            )
            for node in self.nodes.values():
                if node.lane == lane.code:
                    _sub(element, BPMN, "flowNodeRef").text = node.id
        for node in self.nodes.values():
            self.node(process, node)
        for link in self.links:
            element = _sub(
                process,
                BPMN,
                "sequenceFlow",
                id=link.id,
                name=link.name,
                sourceRef=link.source,
                targetRef=link.target,
            )
            if link.when is not None:
                condition = _sub(element, BPMN, "conditionExpression")
                condition.set(f"{{{XSI}}}type", "bpmn:tFormalExpression")
                condition.text = link.when

    def node(self, process: Any, node: Node) -> None:
        tags = {
            "start": "startEvent",
            "end": "endEvent",
            "step": "userTask",
            "exclusive": "exclusiveGateway",
            "parallel": "parallelGateway",
        }
        default = next((link.id for link in self.links if link.source == node.id and link.default), None)
        element = _sub(process, BPMN, tags[node.kind], id=node.id, name=node.name, default=default)
        rule = self.rules.get(node.id)
        if rule is not None:
            if rule.note:
                _sub(element, BPMN, "documentation").text = rule.note
            step = _sub(
                _sub(element, BPMN, "extensionElements"),
                YINGSHANG,
                "step",
                nameEn=rule.name_en,
                role=rule.role,
                ladder=rule.ladder,
                allow=" ".join(rule.allow),
                form=rule.form,
                notSameAs=" ".join(rule.not_same_as),
                **_term(rule.term),
            )
            for name in rule.sets:
                _sub(step, YINGSHANG, "sets", name=name)
            for outcome in rule.outcomes:
                _sub(
                    step,
                    YINGSHANG,
                    "outcome",
                    code=outcome.code,
                    name=outcome.name,
                    nameEn=outcome.name_en,
                    ends="true" if outcome.ends else None,
                )
        elif node.name_en:
            _sub(_sub(element, BPMN, "extensionElements"), YINGSHANG, "step", nameEn=node.name_en)
        for link in self.links:
            if link.target == node.id:
                _sub(element, BPMN, "incoming").text = link.id
        for link in self.links:
            if link.source == node.id:
                _sub(element, BPMN, "outgoing").text = link.id
        if node.terminate:
            _sub(element, BPMN, "terminateEventDefinition", id=f"terminate-{node.id}")

    def drawing(self, root: Any) -> None:
        diagram = _sub(root, BPMNDI, "BPMNDiagram", id="diagram")
        plane = _sub(diagram, BPMNDI, "BPMNPlane", id="plane", bpmnElement="collaboration")
        self.shape(plane, "pool", self.layout.pool, isHorizontal="true")
        for lane in self.document.lanes:
            self.shape(plane, f"lane-{lane.code}", self.layout.lanes[lane.code], isHorizontal="true")
        for node in self.nodes.values():
            marker = {"isMarkerVisible": "true"} if node.kind == "exclusive" else {}
            self.shape(plane, node.id, self.layout.boxes[node.id], **marker)
        for link in self.links:
            edge = _sub(plane, BPMNDI, "BPMNEdge", id=f"di-{link.id}", bpmnElement=link.id)
            for x, y in self.layout.ways[link.id]:
                _sub(edge, DI, "waypoint", x=f"{x:g}", y=f"{y:g}")

    def shape(self, plane: Any, element: str, box: Box, **attributes: str) -> None:
        shape = _sub(plane, BPMNDI, "BPMNShape", id=f"di-{element}", bpmnElement=element, **attributes)
        _sub(
            shape,
            DC,
            "Bounds",
            x=f"{box.x:g}",
            y=f"{box.y:g}",
            width=f"{box.width:g}",
            height=f"{box.height:g}",
        )


def _term(term: Any) -> dict[str, str]:
    if term is None:
        return {}
    ((unit, amount),) = term.items()
    return {"term": str(amount), "unit": unit}


def _sub(parent: Any, namespace: str, tag: str, /, **attributes: str | None) -> Any:
    """A child element; attributes that are empty are left out."""
    element = etree.SubElement(parent, f"{{{namespace}}}{tag}")
    for name, value in attributes.items():
        if value:
            element.set(name, value)
    return element
