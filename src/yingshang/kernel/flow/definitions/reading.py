"""Reading BPMN 2.0 that anybody may have written.

The file is data of a stranger: no entities, no network, no document types, limits on size and depth. Of what BPMN can
say only the part below is understood; everything that could run something is an error, everything else that has no
effect here is said. Nothing of the file but names, identifiers and conditions goes any further.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lxml import etree

from ..errors import InvalidDiagram
from .rules import ALLOW, DONE, UNITS, CaseRule, Lane, Outcome, StepRule

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
YINGSHANG = "urn:yingshang:flow:1"
"""Our extension elements: `flow` on the process, `lane` on lanes, `step` (with `outcome` and `sets`) on tasks."""

LARGEST = 2 * 1024 * 1024
"""Bytes of a diagram."""
MOST_ELEMENTS = 20_000
MOST_NODES = 1_000

_IDENTIFIER = re.compile(r"^[^\W\d][\w.\-]{0,63}$")
_CODE = re.compile(r"^[a-z][a-z0-9_]{0,62}$")

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the linter has to say about the element `where`."""

    severity: Severity
    where: str
    message: str
    message_zh: str
    line: int | None = None

    def text(self, language: str) -> str:
        return self.message if language.startswith("en") else self.message_zh

    def as_dict(self) -> dict[str, Any]:
        return {
            "severity": self.severity,
            "where": self.where,
            "message": self.message,
            "message_zh": self.message_zh,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class Box:
    """Where a shape stands in the drawing."""

    x: float
    y: float
    width: float
    height: float


@dataclass(slots=True)
class Symbol:
    """A flow node as it stands in the file."""

    id: str
    kind: Literal["start", "end", "step", "exclusive", "parallel"]
    name: str
    line: int
    name_en: str = ""
    lane: str = ""
    terminate: bool = False
    default: str | None = None
    rule: StepRule | None = None


@dataclass(slots=True)
class Arrow:
    """A sequence flow as it stands in the file."""

    id: str
    source: str
    target: str
    name: str
    line: int
    when: str | None = None


@dataclass(slots=True)
class DrawnLane:
    """A lane and the symbols in it."""

    id: str
    lane: Lane
    line: int
    members: tuple[str, ...] = ()


@dataclass(slots=True)
class Diagram:
    """A file that was read."""

    code: str = ""
    name: str = ""
    name_en: str = ""
    source: str = ""
    note: str = ""
    case: CaseRule = field(default_factory=lambda: CaseRule(None, None))
    facts: tuple[str, ...] = ()
    lanes: list[DrawnLane] = field(default_factory=list)
    symbols: dict[str, Symbol] = field(default_factory=dict)
    arrows: list[Arrow] = field(default_factory=list)
    boxes: dict[str, Box] = field(default_factory=dict)
    ways: dict[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    labels: dict[str, Box] = field(default_factory=dict)
    pool: str = ""
    findings: list[Finding] = field(default_factory=list)


_STEPS = ("task", "userTask", "manualTask")
_RUNS_CODE = {
    "scriptTask": ("a script task", "脚本任务"),
    "serviceTask": ("a service task", "服务任务"),
    "businessRuleTask": ("a business rule task", "业务规则任务"),
    "sendTask": ("a send task", "发送任务"),
    "receiveTask": ("a receive task", "接收任务"),
    "callActivity": ("a call activity", "调用活动"),
    "globalTask": ("a global task", "全局任务"),
    "globalScriptTask": ("a global script task", "全局脚本任务"),
    "globalUserTask": ("a global task", "全局任务"),
    "globalManualTask": ("a global task", "全局任务"),
    "globalBusinessRuleTask": ("a global business rule task", "全局业务规则任务"),
    "import": ("an import", "导入"),
    "interface": ("an interface", "接口"),
}
_INSTEAD = {
    "subProcess": ("write the steps into the flow itself", "请把其中的环节直接写入流程"),
    "transaction": ("write the steps into the flow itself", "请把其中的环节直接写入流程"),
    "adHocSubProcess": ("write the steps into the flow itself", "请把其中的环节直接写入流程"),
    "inclusiveGateway": (
        "use a parallel gateway, with an exclusive one in each branch that may be left out",
        "请用并行网关，并在可省略的分支中加排他网关",
    ),
    "complexGateway": ("use parallel and exclusive gateways", "请用并行网关和排他网关"),
    "eventBasedGateway": ("use an exclusive gateway after a step", "请在环节之后用排他网关"),
    "boundaryEvent": ("write the time a step has as its term and ladder", "环节的时限请写为 term 和 ladder"),
    "intermediateCatchEvent": ("write a step, or a term", "请写为环节或时限"),
    "intermediateThrowEvent": ("leave it out: what happens is told by itself", "请删除：进展会自动通知"),
}
_WITHOUT_EFFECT = (
    "dataObject",
    "dataObjectReference",
    "dataStoreReference",
    "ioSpecification",
    "property",
    "dataInputAssociation",
    "dataOutputAssociation",
    "potentialOwner",
    "humanPerformer",
    "performer",
    "resourceRole",
    "rendering",
    "correlationSubscription",
    "supports",
)
_DRAWING_ONLY = (
    "documentation",
    "extensionElements",
    "incoming",
    "outgoing",
    "laneSet",
    "textAnnotation",
    "association",
    "group",
    "auditing",
    "monitoring",
)
# Of other engines: each of these makes theirs call code, scripts, templates or the network.
_CODE_WORDS = re.compile(
    r"script|listener|class|delegate|expression|connector|inputoutput|iomapping|taskdefinition|calledelement"
    r"|calleddecision|service|operation|^field$|execution|^in$|^out$|topic|^unittests?$|^prescript|^postscript",
    re.IGNORECASE,
)
_HARMLESS_NAMESPACES = (
    "http://bpmn.io/schema/bpmn/biocolor/1.0",
    "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
    "http://camunda.org/schema/modeler/1.0",
    XSI,
    BPMNDI,
    DC,
    DI,
)
_FEEL_LANGUAGES = re.compile(r"^(feel|.*/spec/(DMN|FEEL)/.*)$", re.IGNORECASE)


def read_bpmn(text: str | bytes) -> Diagram:
    """Read a diagram; what is wrong inside it stands in its findings.

    Raises InvalidDiagram for a file that is no BPMN 2.0, too large, or not safe to read at all.
    """
    return _Reader(_parse(text)).read()


def _parse(text: str | bytes) -> Any:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > LARGEST:
        raise InvalidDiagram(
            f"a diagram has at most {LARGEST // 1024 // 1024} MB",
            message_zh=f"流程图文件最大 {LARGEST // 1024 // 1024} MB",
        )
    try:
        decoded = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidDiagram(
            "save the diagram in UTF-8", message_zh="请将流程图文件保存为 UTF-8 编码"
        ) from None
    if "<!DOCTYPE" in decoded or "<!ENTITY" in decoded:
        raise InvalidDiagram(
            "a diagram has no document type and no entities; remove <!DOCTYPE …>",
            message_zh="流程图文件不能包含 DOCTYPE 和实体定义，请删除 <!DOCTYPE …>",
        )
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(decoded.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise InvalidDiagram(
            f"line {line}: this is no well-formed XML: {error}",
            message_zh=f"第 {line} 行：XML 格式错误（{error}）",
            line=line,
        ) from None
    if root.getroottree().docinfo.doctype:
        raise InvalidDiagram("a diagram has no document type", message_zh="流程图文件不能包含 DOCTYPE")
    if root.tag != f"{{{BPMN}}}definitions":
        raise InvalidDiagram(
            "this is no BPMN 2.0: its root has to be <definitions> of " + BPMN,
            message_zh="这不是 BPMN 2.0 文件：根元素应为 definitions",
        )
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        raise InvalidDiagram(
            f"a diagram has at most {MOST_ELEMENTS} elements",
            message_zh=f"流程图最多 {MOST_ELEMENTS} 个元素",
        )
    return root


def _local(element: Any) -> tuple[str, str]:
    """Namespace and name of an element."""
    if not isinstance(element.tag, str):
        return "", ""
    name = etree.QName(element)
    return name.namespace or "", name.localname


class _Reader:
    def __init__(self, root: Any) -> None:
        self.root = root
        self.diagram = Diagram()
        self.foreign: Counter[str] = Counter()
        self.foreign_line: dict[str, int] = {}

    def note(self, severity: Severity, element: Any, message: str, message_zh: str) -> None:
        where = str(element.get("id") or _local(element)[1])
        self.diagram.findings.append(Finding(severity, where, message, message_zh, element.sourceline))

    def read(self) -> Diagram:
        processes = []
        for element in self.root:
            namespace, name = _local(element)
            if namespace == BPMN and name == "process":
                processes.append(element)
            elif namespace == BPMN and name in _RUNS_CODE:
                self.refuse(element, name)
        self.scan()
        if len(processes) != 1:
            self.diagram.findings.append(
                Finding(
                    "error",
                    "definitions",
                    f"a diagram has exactly one process; this has {len(processes)}",
                    f"流程图应有且只有一个流程（process），现有 {len(processes)} 个",
                    self.root.sourceline,
                )
            )
            if not processes:
                return self.diagram
        self.process(processes[0])
        self.pool(processes[0])
        self.drawing()
        for word, times in self.foreign.items():
            self.diagram.findings.append(
                Finding(
                    "warning",
                    word,
                    f"{word} belongs to another engine and has no effect here ({times} ×)",
                    f"“{word}”属于其他引擎，在这里不起作用（{times} 处）",
                    self.foreign_line[word],
                )
            )
        return self.diagram

    def scan(self) -> None:
        """What other engines left in the file: code is refused wherever it stands, the rest has no effect."""
        for element in self.root.iter():
            namespace, name = _local(element)
            for attribute, value in element.attrib.items():
                qualified = etree.QName(attribute)
                if qualified.namespace in (None, YINGSHANG, *_HARMLESS_NAMESPACES):
                    continue
                self.foreign_word(element, qualified.localname, str(value))
            if not name or namespace in (BPMN, YINGSHANG, *_HARMLESS_NAMESPACES):
                continue
            self.foreign_word(element, name, (element.text or "").strip())

    def foreign_word(self, element: Any, name: str, value: str) -> None:
        if _CODE_WORDS.search(name) or "${" in value or "#{" in value:
            self.note(
                "error",
                element,
                f"{name} of another engine runs code; remove it. Conditions are FEEL on sequence flows",
                f"“{name}”属于其他引擎，会运行代码，请删除；条件只能用 FEEL 写在顺序流上",
            )
        else:
            self.foreign[name] += 1
            self.foreign_line.setdefault(name, element.sourceline)

    def refuse(self, element: Any, name: str) -> None:
        english, chinese = _RUNS_CODE[name]
        self.note(
            "error",
            element,
            f"{english} would run something; a flow is steps of people. Make it a user task",
            f"“{chinese}”会运行程序，流程只由人办理的环节组成；请改为用户任务（userTask）",
        )

    def process(self, process: Any) -> None:
        diagram = self.diagram
        diagram.code = process.get("id") or ""
        diagram.name = _clean(process.get("name"))
        flow = self.extension(process, "flow")
        if flow is not None:
            diagram.name_en = _clean(flow.get("nameEn"))
            diagram.source = _clean(flow.get("source"))
            diagram.note = _clean(flow.get("note"))
            diagram.case = CaseRule(self.term(flow), _clean(flow.get("ladder")) or None)
            diagram.facts = tuple(
                dict.fromkeys(_clean(each.get("name")) for each in flow.iterchildren(f"{{{YINGSHANG}}}fact"))
            )
        for element in process:
            namespace, name = _local(element)
            if namespace != BPMN:
                continue
            if name in (*_STEPS, "startEvent", "endEvent", "exclusiveGateway", "parallelGateway"):
                self.symbol(element, name)
            elif name == "sequenceFlow":
                self.arrow(element)
            elif name in _RUNS_CODE:
                self.refuse(element, name)
            elif name in _INSTEAD:
                english, chinese = _INSTEAD[name]
                self.note(
                    "error", element, f"{name} is not used here: {english}", f"这里不使用 {name}：{chinese}"
                )
            elif name in _WITHOUT_EFFECT:
                self.note("note", element, f"{name} has no effect here", f"“{name}”在这里不起作用")
            elif name not in _DRAWING_ONLY:
                self.note(
                    "error",
                    element,
                    f"{name} is not used here; a flow has start, end, user tasks, exclusive and parallel gateways",
                    f"这里不使用 {name}；流程由开始、结束、用户任务、排他网关和并行网关组成",
                )
            if len(diagram.symbols) > MOST_NODES:
                raise InvalidDiagram(
                    f"a diagram has at most {MOST_NODES} symbols",
                    message_zh=f"流程图最多 {MOST_NODES} 个节点",
                )
        for lane_set in process.iterchildren(f"{{{BPMN}}}laneSet"):
            self.lane_set(lane_set)
        for lane in diagram.lanes:
            for member in lane.members:
                if member in diagram.symbols:
                    self.place(diagram.symbols[member], lane.lane.code)

    def place(self, symbol: Symbol, lane: str) -> None:
        symbol.lane = lane
        if symbol.rule is not None:
            symbol.rule = replace(symbol.rule, lane=lane)

    def extension(self, element: Any, name: str) -> Any:
        for holder in element.iterchildren(f"{{{BPMN}}}extensionElements"):
            for each in holder.iterchildren(f"{{{YINGSHANG}}}{name}"):
                return each
        return None

    def term(self, element: Any) -> dict[str, int] | None:
        amount, unit = _clean(element.get("term")), _clean(element.get("unit")) or "working_days"
        if not amount:
            return None
        if (
            unit in UNITS
            and amount.isascii()
            and amount.isdecimal()
            and 0 < int(amount[:6]) <= 3650
            and len(amount) <= 4
        ):
            return {unit: int(amount)}
        listed = ", ".join(UNITS)
        self.note(
            "error",
            element,
            f'a term is a whole number with a unit of {listed}, such as term="5" unit="working_days"',
            f'时限应为整数，单位为 {listed}，如 term="5" unit="working_days"',
        )
        return None

    def identifier(self, element: Any) -> str | None:
        value = element.get("id") or ""
        if not _IDENTIFIER.match(value):
            self.note(
                "error",
                element,
                "give it an id of letters, digits, _, - and . that begins with a letter",
                "请给它一个 id：字母、数字、_、-、.，以字母开头",
            )
            return None
        if value in self.diagram.symbols or any(arrow.id == value for arrow in self.diagram.arrows):
            self.note("error", element, f"the id {value!r} is there twice", f"id“{value}”重复")
            return None
        return str(value)

    def symbol(self, element: Any, tag: str) -> None:
        identifier = self.identifier(element)
        if identifier is None:
            return
        symbol = Symbol(
            id=identifier,
            kind=_KIND_OF[tag],
            name=_clean(element.get("name")),
            line=element.sourceline,
            default=element.get("default"),
        )
        step = self.extension(element, "step")
        if step is not None:
            symbol.name_en = _clean(step.get("nameEn"))
        for child in element:
            self.child(child, symbol)
        if symbol.kind == "step":
            symbol.rule = self.rule(symbol, step, element)
        if element.get("isForCompensation") == "true":
            self.note("error", element, "compensation is not used here", "这里不使用补偿活动")
        self.diagram.symbols[identifier] = symbol

    def child(self, child: Any, symbol: Symbol) -> None:
        namespace, name = _local(child)
        if namespace != BPMN or name in _DRAWING_ONLY:
            return
        if name == "terminateEventDefinition" and symbol.kind == "end":
            symbol.terminate = True
        elif name in ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"):
            self.note(
                "error",
                child,
                f"{symbol.id}: a task is not repeated; ask several agencies with consultation (allow: consult)",
                f"{symbol.id}：环节不能重复执行；征求多个部门意见请用会商（allow: consult）",
            )
        elif name.endswith("EventDefinition") or name == "eventDefinitionRef":
            self.note(
                "error",
                child,
                f"{symbol.id}: only plain start and end events, and terminate at an end; write times as terms",
                f"{symbol.id}：只能使用普通开始、结束事件和终止结束事件；时间要求请写为时限",
            )
        elif name in _WITHOUT_EFFECT:
            self.note(
                "note",
                child,
                f"{symbol.id}: {name} has no effect here",
                f"{symbol.id}：“{name}”在这里不起作用",
            )
        else:
            self.note(
                "error", child, f"{symbol.id}: {name} is not used here", f"{symbol.id}：这里不使用 {name}"
            )

    def rule(self, symbol: Symbol, step: Any, element: Any) -> StepRule:
        def get(name: str) -> str:
            return _clean(step.get(name)) if step is not None else ""

        allow = get("allow").replace(",", " ").split()
        for each in allow:
            if each not in ALLOW:
                listed = ", ".join(ALLOW)
                self.note(
                    "error", element, f"allow {each!r} is none of: {listed}", f"allow“{each}”应为：{listed}"
                )
        outcomes: dict[str, Outcome] = {}
        for each in step.iterchildren(f"{{{YINGSHANG}}}outcome") if step is not None else ():
            outcome = Outcome(
                _clean(each.get("code")),
                _clean(each.get("name")),
                _clean(each.get("nameEn")),
                each.get("ends") == "true",
            )
            if not _CODE.match(outcome.code) or not outcome.name or outcome.code in outcomes:
                self.note(
                    "error",
                    element,
                    f"outcome {outcome.code!r}: each has a code of its own (small letters, digits, _) and a name",
                    f"结果“{outcome.code}”：每个结果应有不重复的代码（小写字母、数字、_）和名称",
                )
            outcomes[outcome.code] = outcome
        documentation = element.find(f"{{{BPMN}}}documentation")
        return StepRule(
            id=symbol.id,
            name=symbol.name,
            name_en=symbol.name_en,
            role=get("role"),
            lane="",
            term=self.term(step) if step is not None else None,
            ladder=get("ladder") or None,
            allow=tuple(each for each in ALLOW if each in allow),
            outcomes=tuple(outcomes.values()) or (DONE,),
            form=get("form") or None,
            note=_clean("" if documentation is None else documentation.text),
            not_same_as=tuple(get("notSameAs").split()),
            sets=tuple(
                dict.fromkeys(
                    _clean(each.get("name"))
                    for each in (step.iterchildren(f"{{{YINGSHANG}}}sets") if step is not None else ())
                )
            ),
        )

    def arrow(self, element: Any) -> None:
        identifier = self.identifier(element)
        if identifier is None:
            return
        conditions = list(element.iterchildren(f"{{{BPMN}}}conditionExpression"))
        when = None
        if conditions:
            language = conditions[0].get("language") or ""
            if language and not _FEEL_LANGUAGES.match(language):
                self.note(
                    "error",
                    element,
                    f"a condition in {language!r}; write it in FEEL and leave language out",
                    f"条件使用了“{language}”；请改用 FEEL，并去掉 language",
                )
            # Some modelers put an equals sign before FEEL.
            when = "".join(conditions[0].itertext()).strip().removeprefix("=").strip()
        self.diagram.arrows.append(
            Arrow(
                id=identifier,
                source=element.get("sourceRef") or "",
                target=element.get("targetRef") or "",
                name=_clean(element.get("name")),
                line=element.sourceline,
                when=when,
            )
        )

    def lane_set(self, lane_set: Any) -> None:
        """Lanes, the innermost of each; without recursion, since a file may nest as it likes."""
        waiting = [lane_set]
        while waiting:
            for lane in waiting.pop(0).iterchildren(f"{{{BPMN}}}lane"):
                inner = list(lane.iterchildren(f"{{{BPMN}}}childLaneSet"))
                if inner:
                    waiting.extend(inner)
                    continue
                extension = self.extension(lane, "lane")
                code = _clean(extension.get("code")) if extension is not None else ""
                code = code or (lane.get("id") or "").removeprefix("lane_")
                name = _clean(lane.get("name"))
                if not _CODE.match(code):
                    self.note(
                        "error",
                        lane,
                        f"lane {name or code!r} needs a code of small letters, such as service_center",
                        f"泳道“{name or code}”需要代码（小写字母、数字、_），如 service_center",
                    )
                members = tuple(
                    (each.text or "").strip() for each in lane.iterchildren(f"{{{BPMN}}}flowNodeRef")
                )
                self.diagram.lanes.append(
                    DrawnLane(
                        lane.get("id") or code,
                        Lane(
                            code,
                            name or code,
                            _clean(extension.get("nameEn")) if extension is not None else "",
                        ),
                        lane.sourceline,
                        members,
                    )
                )

    def pool(self, process: Any) -> None:
        for participant in self.root.iter(f"{{{BPMN}}}participant"):
            if participant.get("processRef") == process.get("id"):
                self.diagram.pool = participant.get("id") or ""
                self.diagram.name = self.diagram.name or _clean(participant.get("name"))
            else:
                self.note(
                    "note",
                    participant,
                    "another pool is part of the picture only",
                    "其他泳池只是图示，不起作用",
                )

    def drawing(self) -> None:
        for shape in self.root.iter(f"{{{BPMNDI}}}BPMNShape"):
            box = _box(shape.find(f"{{{DC}}}Bounds"))
            if box is not None:
                self.diagram.boxes[shape.get("bpmnElement") or ""] = box
        for edge in self.root.iter(f"{{{BPMNDI}}}BPMNEdge"):
            points = tuple(
                (x, y)
                for x, y in (
                    (_number(point.get("x")), _number(point.get("y")))
                    for point in edge.iterchildren(f"{{{DI}}}waypoint")
                )
                if x is not None and y is not None
            )
            if len(points) >= 2:
                self.diagram.ways[edge.get("bpmnElement") or ""] = points
                label = edge.find(f"{{{BPMNDI}}}BPMNLabel/{{{DC}}}Bounds")
                box = _box(label)
                if box is not None:
                    self.diagram.labels[edge.get("bpmnElement") or ""] = box


_KIND_OF: dict[str, Literal["start", "end", "step", "exclusive", "parallel"]] = {
    "startEvent": "start",
    "endEvent": "end",
    "exclusiveGateway": "exclusive",
    "parallelGateway": "parallel",
    "task": "step",
    "userTask": "step",
    "manualTask": "step",
}


def _clean(value: str | None) -> str:
    """Text of a stranger: without line breaks of a drawing, and not endless."""
    return " ".join((value or "").split())[:500]


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if -100_000 <= number <= 100_000 else None


def _box(bounds: Any) -> Box | None:
    if bounds is None:
        return None
    numbers = [_number(bounds.get(each)) for each in ("x", "y", "width", "height")]
    if any(number is None for number in numbers):
        return None
    x, y, width, height = (number or 0.0 for number in numbers)
    return Box(x, y, width, height) if width > 0 and height > 0 else None
