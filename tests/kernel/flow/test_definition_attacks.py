"""Definitions that try to run code, read files or the settings, or take the machine down. None gets anywhere."""

from __future__ import annotations

import builtins
import json
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.kernel.flow.flow_texts import END, FACT_OBJECTION, PLAIN, START, STEP, choice, diagram, flow, step
from yingshang.kernel.flow import engine
from yingshang.kernel.flow.definitions import compile_bpmn, compose_bpmn, lint, parse_steps, read_spec
from yingshang.kernel.flow.definitions.conditions import holds, problems_of
from yingshang.kernel.flow.drawing import draw
from yingshang.kernel.flow.errors import (
    CannotPublish,
    CodeRefused,
    ConditionUndecided,
    CorruptState,
    InvalidDiagram,
)


def refused(text: str | bytes) -> str:
    """What publishing says."""
    with pytest.raises(CannotPublish) as error:
        compile_bpmn(text)
    return error.value.message


# --- elements that run something ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "element",
    [
        '<bpmn:scriptTask id="x" scriptFormat="python"><bpmn:script>import os; os.system("id")</bpmn:script></bpmn:scriptTask>',
        '<bpmn:serviceTask id="x" implementation="##WebService" operationRef="o"/>',
        '<bpmn:serviceTask id="x" camunda:class="org.example.Run"/>',
        '<bpmn:serviceTask id="x"><bpmn:extensionElements><spiffworkflow:serviceTaskOperator id="http/get"/></bpmn:extensionElements></bpmn:serviceTask>',
        '<bpmn:businessRuleTask id="x" camunda:decisionRef="d"/>',
        '<bpmn:sendTask id="x"/>',
        '<bpmn:receiveTask id="x" instantiate="true"/>',
        '<bpmn:callActivity id="x" calledElement="other"/>',
        '<bpmn:subProcess id="x"><bpmn:scriptTask id="y"/></bpmn:subProcess>',
        '<bpmn:adHocSubProcess id="x"><bpmn:completionCondition>1</bpmn:completionCondition></bpmn:adHocSubProcess>',
        '<bpmn:transaction id="x"/>',
        '<bpmn:eventBasedGateway id="x"/>',
        '<bpmn:complexGateway id="x"><bpmn:activationCondition>1</bpmn:activationCondition></bpmn:complexGateway>',
        '<bpmn:intermediateCatchEvent id="x"><bpmn:timerEventDefinition><bpmn:timeDuration>"PT0S"</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>',
        '<bpmn:intermediateThrowEvent id="x"><bpmn:messageEventDefinition/></bpmn:intermediateThrowEvent>',
        '<bpmn:boundaryEvent id="x" attachedToRef="a"><bpmn:conditionalEventDefinition/></bpmn:boundaryEvent>',
    ],
)  # fmt: skip
def test_elements_that_run_something_are_refused(element: str) -> None:
    assert refused(PLAIN.replace("</bpmn:process>", element + "</bpmn:process>"))


@pytest.mark.parametrize(
    "inside",
    [
        '<camunda:executionListener event="start"><camunda:script scriptFormat="groovy">println 1</camunda:script></camunda:executionListener>',
        '<camunda:taskListener event="create" class="org.example.Run"/>',
        '<camunda:connector/>',
        '<camunda:inputOutput><camunda:inputParameter name="x">${execution.getVariable("x")}</camunda:inputParameter></camunda:inputOutput>',
        '<flowable:executionListener event="start" delegateExpression="#{run}"/>',
        '<activiti:taskListener event="create" expression="${run.now()}"/>',
        '<zeebe:taskDefinition type="run"/>',
        '<zeebe:script expression="=1" resultVariable="x"/>',
        '<zeebe:ioMapping/>',
        '<spiffworkflow:preScript>import os</spiffworkflow:preScript>',
        '<spiffworkflow:postScript>os.system("id")</spiffworkflow:postScript>',
        '<spiffworkflow:unitTests/>',
    ],
)  # fmt: skip
def test_what_other_engines_run_is_refused(inside: str) -> None:
    loaded = STEP.replace("</bpmn:extensionElements>", inside + "</bpmn:extensionElements>")
    assert "another engine runs code" in refused(PLAIN.replace(STEP, loaded, 1))


@pytest.mark.parametrize(
    "attribute",
    ['camunda:class="org.example.Run"', 'flowable:delegateExpression="#{x}"', 'camunda:assignee="${bean.steal()}"', 'activiti:expression="x"', 'camunda:formKey="#{x}"'],
)  # fmt: skip
def test_attributes_of_other_engines_that_run_something_are_refused(attribute: str) -> None:
    assert "another engine runs code" in refused(PLAIN.replace('id="a"', f'id="a" {attribute}', 1))


@pytest.mark.parametrize(
    "outside",
    [
        '<bpmn:import importType="http://www.w3.org/2001/XMLSchema" location="file:///etc/passwd" namespace="x"/>',
        '<bpmn:interface id="i" name="i" implementationRef="java:java.lang.Runtime"><bpmn:operation id="o" name="exec"/></bpmn:interface>',
        '<bpmn:globalScriptTask id="g"><bpmn:script>1</bpmn:script></bpmn:globalScriptTask>',
    ],
)  # fmt: skip
def test_imports_and_interfaces_are_refused(outside: str) -> None:
    assert refused(PLAIN.replace("<bpmn:process", outside + "<bpmn:process", 1))


# --- conditions that are code -------------------------------------------------------------------------------------

PATTERNS = [
    'matches(amount, "(a+)+$")',
    'replace(amount, "(a+)+$", "b") = "x"',
    'count(split(amount, "(x+x+)+y")) > 1',
    '[matches][1](amount, "(a+)+$")',
    'some run in [matches] satisfies run(amount, "(a+)+$")',
]


@pytest.mark.parametrize("text", PATTERNS)
def test_regular_expressions_are_refused_before_and_when_they_would_run(text: str) -> None:
    assert problems_of(text, ["amount"])
    with pytest.raises(ConditionUndecided):
        holds(text, {"amount": "a" * 40 + "!"}, frozenset({"amount"}))


CODE = [
    '__import__("os").system("id")',
    'open("/etc/passwd").read() != ""',
    "settings.SECRET_KEY = 1",
    "django.conf.settings.SECRET_KEY != null",
    "().__class__.__bases__[0].__subclasses__()",
    'eval("1")',
    "lambda: 1",
    "[x for x in (1,2)]",
    "amount == 1",
    "amount if amount else 1",
    "amount > 1; import os",
    "${amount > 1}",
    "#{amount > 1}",
    "task.workflow.script_engine",
    'function(x) external {java: {class: "java.lang.Runtime", method signature: "exec(java.lang.String)"}}("id")',
    "environment",
    "today() > amount",
    "now() = amount",
]


@pytest.mark.parametrize("code", CODE)
def test_conditions_that_are_no_plain_feel_over_the_facts_are_refused(code: str) -> None:
    assert "condition" in refused(choice(code)) or "runs code" in refused(choice(code))


@pytest.mark.parametrize("language", ["python", "javascript", "groovy", "http://www.java.com/java", "juel"])
def test_conditions_in_another_language_are_refused(language: str) -> None:
    assert "write it in FEEL" in refused(choice("amount > 1", f'language="{language}"'))


@pytest.mark.parametrize("code", CODE)
def test_a_list_of_steps_cannot_carry_them_either(code: str) -> None:
    text = FACT_OBJECTION.replace("    name: 核实\n", f"    name: 核实\n    when: {json.dumps(code)}\n")
    with pytest.raises(Exception) as error:
        parse_steps(text)
    assert getattr(error.value, "code", "") == "flow.invalid_steps"


def test_conditions_too_deep_or_too_long_are_refused_at_once() -> None:
    started = time.perf_counter()
    assert refused(choice("not(" * 400 + "amount > 1" + ")" * 400))
    assert "at most" in refused(choice("amount > 1 or " * 1000 + "true"))
    assert time.perf_counter() - started < 5


def test_a_condition_that_never_ends_ends() -> None:
    spec = compile_bpmn(choice("every x in 1..100000000 satisfies x < amount + 100000000000")).spec
    state = engine.begin(spec, {"amount": 1}).state
    with pytest.raises(ConditionUndecided):
        engine.complete(spec, state, "a.1", {}, outcome="done")


# --- compiled definitions and states somebody has tampered with ---------------------------------------------------


def tampered(change: Any) -> str:
    data = json.loads(compile_bpmn(choice("amount > 1")).spec)
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize("kind", ["scriptTask", "script", "service", "BpmnStartTask", "__class__", None, 1])
def test_a_compiled_definition_with_another_kind_of_symbol_does_not_load(kind: Any) -> None:
    with pytest.raises(CorruptState):
        engine.begin(tampered(lambda data: data["nodes"][0].update(kind=kind)), {})


@pytest.mark.parametrize(
    "spec", ["", "null", "[]", "{}", '"x"', "cos\nsystem\n(S'id'\ntR.", "[" * 100_000, '{"format": 1}']
)
def test_anything_else_does_not_load(spec: str) -> None:
    with pytest.raises(CorruptState):
        read_spec(spec)


@pytest.mark.parametrize(
    "code", ['__import__("os").system("touch /tmp/broken")', "open('/etc/passwd')", "1 == 1", "exec"]
)
def test_code_smuggled_into_a_compiled_definition_is_not_run(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even past the linter: the engine knows FEEL and nothing else."""

    def smuggle(data: Any) -> None:
        for link in data["links"]:
            if link["when"]:
                link["when"] = code

    spec = tampered(smuggle)
    state = engine.begin(spec, {"amount": 2}).state
    ran: list[str] = []
    monkeypatch.setattr(builtins, "eval", lambda *a, **k: ran.append("eval"))
    monkeypatch.setattr(builtins, "exec", lambda *a, **k: ran.append("exec"))
    with pytest.raises(ConditionUndecided):
        engine.complete(spec, state, "a.1", {}, outcome="done")
    assert ran == [] and not Path("/tmp/broken").exists()


def test_the_engine_has_no_scripts_services_or_environment() -> None:
    program = engine._program(compile_bpmn(PLAIN).spec)
    only = engine._FeelOnly(program, {})
    for attempt in (
        lambda: only.execute(None, "import os"),
        lambda: only.call_service(None, name="x"),
        lambda: only.environment,
        lambda: only.evaluate(None, "1 = 1"),
    ):
        with pytest.raises(CodeRefused):
            attempt()


def test_running_a_flow_never_evaluates_python(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = compile_bpmn(choice("amount > 1")).spec
    ran: list[Any] = []
    from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine

    for name in ("evaluate", "execute", "call_service"):
        monkeypatch.setattr(PythonScriptEngine, name, lambda *a, **k: ran.append(a))
    position = engine.begin(spec, {"amount": 2})
    position = engine.complete(spec, position.state, "a.1", {}, outcome="done")
    assert [each.step for each in position.ready] == ["b"] and ran == []


def test_facts_are_data_whatever_they_say() -> None:
    spec = compile_bpmn(choice('amount = "yes"')).spec
    for value in ('__import__("os")', "${amount}", '"yes"', "yes\x00", "{{ settings.SECRET_KEY }}"):
        state = engine.begin(spec, {"amount": value}).state
        assert engine.complete(spec, state, "a.1", {}, outcome="done").ended
        assert settings.SECRET_KEY not in json.dumps(state)


def test_the_state_holds_declared_facts_only_and_no_definition() -> None:
    spec = compile_bpmn(choice("amount > 1")).spec
    state = engine.begin(spec, {"amount": 2, "identity_number": "230102199001011234"}).state
    text = json.dumps(state)
    assert "230102199001011234" not in text and "way" not in text and len(text) < 300


@pytest.mark.parametrize(
    "state",
    [{}, {"format": 2}, {"format": 1, "data": {}, "log": "x", "given": {}, "ready": {}}, {"format": 1, "data": {}, "log": [{"step": 1}], "given": {}, "ready": {}}, {"format": 1, "data": {}, "log": [{"step": "b", "outcome": "done", "data": {}}], "given": {}, "ready": {}}],
)  # fmt: skip
def test_a_state_that_cannot_be_is_said_to_be(state: Any) -> None:
    with pytest.raises(CorruptState):
        engine.position(compile_bpmn(choice("amount > 1")).spec, state)


# --- XML that attacks its reader ----------------------------------------------------------------------------------

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{"&" + chr(97 + n) + ";" * 1}{("&" + chr(97 + n) + ";") * 9}">' for n in range(8)
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    "head",
    [
        BOMB,
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
        "<!DOCTYPE x>",
    ],
)
def test_document_types_and_entities_are_refused(head: str) -> None:
    text = diagram(START + END + step("a").replace("环节a", "&e;"), head=head)
    assert "DOCTYPE" in refused(text)
    with pytest.raises(InvalidDiagram):
        draw(text)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "gb18030", "cp037"])
def test_other_encodings_hide_nothing(encoding: str) -> None:
    text = diagram(START, head='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>').replace(
        "UTF-8", encoding
    )
    assert refused(text.encode(encoding, "ignore"))


def test_a_declared_encoding_does_not_change_how_it_is_read() -> None:
    assert compile_bpmn(PLAIN.replace("UTF-8", "UTF-7")).name == "试办流程"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not xml",
        "<a/>",
        "<definitions/>",
        PLAIN.replace("</bpmn:process>", ""),
        PLAIN.replace("http://www.omg.org/spec/BPMN/20100524/MODEL", "http://schema.omg.org/spec/BPMN/1.1"),
        PLAIN + "<more/>",
        PLAIN.replace("试办流程", "a\x00b"),
        "<bpmn:definitions>",
    ],
)
def test_malformed_files_are_refused_in_words(text: str) -> None:
    found = lint(text)
    assert [each.severity for each in found] == ["error"] and found[0].message_zh


def test_large_and_deep_files_are_refused_quickly() -> None:
    started = time.perf_counter()
    assert "at most 2 MB" in refused(PLAIN.replace("试办流程", "流" * 1_000_000))
    assert "elements" in refused(
        PLAIN.replace("</bpmn:process>", "<bpmn:group/>" * 30_000 + "</bpmn:process>")
    )
    deep = "<bpmn:documentation>" * 5_000 + "</bpmn:documentation>" * 5_000
    assert refused(PLAIN.replace("</bpmn:process>", deep + "</bpmn:process>"))
    many = "".join(step(f"s{number}") for number in range(1_100))
    assert "at most 1000 symbols" in refused(PLAIN.replace("</bpmn:process>", many + "</bpmn:process>"))
    assert time.perf_counter() - started < 10


def test_a_flow_with_too_many_ways_is_refused_quickly() -> None:
    """Parallel branches that can each stop everything, at every step."""
    one = "{id: s%d_%d, name: 甲, who: {role: r, agency: l}, outcomes: [{code: a, name: 甲}, {code: b, name: 乙, ends: true}]}"
    branches = ", ".join("[" + ", ".join(one % (branch, n) for n in range(6)) + "]" for branch in range(8))
    started = time.perf_counter()
    lint(compose_bpmn(parse_steps(f"code: wide\nname: 宽\nsteps: [{{parallel: [{branches}]}}]")))
    assert time.perf_counter() - started < 10


def test_nothing_of_a_definition_becomes_markup_in_its_drawing() -> None:
    evil = '"><script>alert(1)</script><image href="x" onerror="alert(1)"/>'
    escaped = evil.replace("<", "&lt;").replace('"', "&quot;")
    text = (
        PLAIN.replace("试办流程", escaped)
        .replace("环节a", escaped)
        .replace('name="窗口"', f'name="{escaped}"')
    )
    for drawing in (draw(text), draw(text, language="en"), draw(text, here={"a": '"><script>'})):
        assert "<script" not in drawing and "<image" not in drawing and 'onerror="' not in drawing
    assert "javascript:" not in draw(PLAIN)
    assert flow("f", "a", "b") not in draw(PLAIN)
