"""Decision models as common modellers write them; the files are our own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from yingshang.rules.dmn import (
    DecisionTable,
    ModelError,
    check_table,
    import_dmn,
    parse_table,
    to_policy_tables,
)
from yingshang.rules.errors import DomainError, ExpressionError
from yingshang.rules.feel.evaluate import Mode, evaluate
from yingshang.rules.feel.values import Failure, Unknown

HERE = Path(__file__).parent


def D(value: int | str) -> Decimal:
    return Decimal(value)


def model(name: str) -> Any:
    return import_dmn((HERE / name).read_bytes())


# --- Camunda Modeler ----------------------------------------------------------------------------------------------


def test_camunda() -> None:
    camunda = model("camunda_rd_subsidy.dmn")
    assert list(camunda.decisions) == ["基础档次", "补助金额"]
    assert isinstance(camunda.decisions["基础档次"], DecisionTable)
    assert {name: each.declared for name, each in camunda.inputs.items()} == {
        "fin": False,
        "行业": False,
        "小巨人": False,
    }
    facts = {"fin": {"rd": D(12000000)}, "行业": "制造", "小巨人": True}
    assert camunda.evaluate("补助金额", facts) == D(200000)
    assert camunda.evaluate("Decision_amount", facts) == D(200000)
    assert camunda.evaluate("amount", {**facts, "行业": "烟草"}) == D(0)
    assert camunda.decisions["基础档次"].rules[0].text == "房地产、烟草不予补助"


def test_camunda_with_facts_missing() -> None:
    camunda = model("camunda_rd_subsidy.dmn")
    outcome = camunda.evaluate("补助金额", {"fin": {"rd": D(12000000)}, "行业": "制造"}, Mode.POLICY)
    assert isinstance(outcome, Unknown)
    assert outcome.missing == {"小巨人"}
    outcome = camunda.evaluate("补助金额", {"fin": {}, "行业": "制造"}, Mode.POLICY)
    assert outcome.missing == {"fin.rd", "小巨人"}
    assert camunda.evaluate("基础档次", {"行业": "烟草"}, Mode.POLICY) == D(0)


# --- Trisotech ----------------------------------------------------------------------------------------------------

LOANS = [
    {"principal amount": D(1000000), "期限（年）": D(3)},
    {"principal amount": D(200000), "期限（年）": D(1)},
]


def test_trisotech() -> None:
    triso = model("trisotech_loan_interest.dmn")
    assert triso.version == "1.2"
    facts = {"企业 规模": "小型", "new loans": LOANS}
    assert triso.evaluate("贴息 合计", facts) == D(33000)
    assert triso.evaluate("补贴 标准", {"企业 规模": "中型"}) == {"比例": D("0.01"), "说明": None}
    assert triso.evaluate("补贴 标准", {"企业 规模": "大型"}) == {"比例": D(0), "说明": None}
    assert triso.evaluate("办理 优先级", {"企业 规模": "微型"}) == "优先"
    assert [each.text for each in triso.decisions["补贴 标准"].rules] == ["第三条", "第四条"]


def test_types_and_allowed_values_hold_for_inputs() -> None:
    triso = model("trisotech_loan_interest.dmn")
    assert triso.evaluate("办理 优先级", {"企业 规模": "超大"}, Mode.FEEL) == "普通"  # the input became null
    assert isinstance(triso.evaluate("补贴 标准", {"企业 规模": "超大"}, Mode.POLICY), Failure)
    forty = [{"principal amount": D(1), "期限（年）": D(40)}]
    assert triso.evaluate("贴息 合计", {"企业 规模": "小型", "new loans": forty}) is None
    assert isinstance(
        triso.evaluate("贴息 合计", {"企业 规模": "小型", "new loans": forty}, Mode.POLICY), Failure
    )
    # One loan for a list of loans is a list of one.
    assert triso.evaluate("贴息 合计", {"企业 规模": "小型", "new loans": LOANS[1]}) == D(3000)
    unknown = triso.evaluate(
        "贴息 合计", {"企业 规模": "小型", "new loans": [{"期限（年）": D(1)}]}, Mode.POLICY
    )
    assert isinstance(unknown, Unknown)
    assert unknown.missing == {"new loans[1].principal amount"}


TYPED_LINES = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="lines" namespace="urn:lines">
  <itemDefinition name="Loan">
    <itemComponent name="amount"><typeRef>number</typeRef></itemComponent>
    <itemComponent name="rate"><typeRef>number</typeRef></itemComponent>
  </itemDefinition>
  <itemDefinition name="Loans" isCollection="true"><typeRef>Loan</typeRef></itemDefinition>
  <inputData id="i1" name="loans"><variable name="loans" typeRef="Loans"/></inputData>
  <inputData id="i2" name="limit"><variable name="limit" typeRef="number"/></inputData>
  <inputData id="i3" name="rate"><variable name="rate" typeRef="number"/></inputData>
  <decision id="d1" name="large"><variable name="large"/>
    <informationRequirement><requiredInput href="#i1"/></informationRequirement>
    <informationRequirement><requiredInput href="#i2"/></informationRequirement>
    <literalExpression><text>count(loans[amount > limit])</text></literalExpression>
  </decision>
  <decision id="d2" name="dear"><variable name="dear"/>
    <informationRequirement><requiredInput href="#i1"/></informationRequirement>
    <informationRequirement><requiredInput href="#i3"/></informationRequirement>
    <literalExpression><text>count(loans[rate > 3])</text></literalExpression>
  </decision>
</definitions>"""


def test_a_type_says_which_names_in_a_filter_are_fields() -> None:
    lines = import_dmn(TYPED_LINES)
    facts = {"loans": [{"amount": D(9)}], "limit": D(6), "rate": D(5)}
    assert lines.evaluate("large", facts, Mode.POLICY) == D(1)
    unknown = lines.evaluate("dear", facts, Mode.POLICY)
    assert isinstance(unknown, Unknown)
    assert unknown.missing == {"loans[1].rate"}


# --- Drools, Kogito -----------------------------------------------------------------------------------------------


def test_kogito_boxed_expressions() -> None:
    kogito = model("kogito_boxed.dmn")
    assert kogito.version == "1.5"
    facts = {"Heads": [D(10), D(20)], "上年 人数": D(20)}
    assert kogito.evaluate("Growth", facts) == D("0.5")
    assert kogito.evaluate("Reward", facts) == D(1000)
    assert kogito.evaluate("Reward", {"Heads": [D(11), D(10)], "上年 人数": D(20)}) == D(500)
    assert kogito.evaluate("Reward", facts, Mode.POLICY) == D(1000)
    assert kogito.evaluate("Reward", {"Heads": [D(1)]}, Mode.POLICY).missing == {"上年 人数"}
    assert kogito.evaluate("Boxes", {"Heads": [D(101), D(3)]}) == {
        "档次表": [{"下限": D(0), "奖金": D(500)}, {"下限": D("0.2"), "奖金": D(1000)}],
        "大档": [{"下限": D("0.2"), "奖金": D(1000)}],
        "doubled": [D(202), D(6)],
        "any large": True,
        "词": "大",
    }


def test_dmn_1_1() -> None:
    old = model("drools_dmn11.dmn")
    assert old.version == "1.1"
    assert old.evaluate("grades", {"credit score": D(95)}) == ["A", "B"]
    assert old.evaluate("grades", {"credit score": D(10)}) == "C"


# --- tables for policy documents ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [each.name for each in sorted(HERE.glob("*.dmn"))])
def test_tables_as_plain_data_mean_the_same(name: str) -> None:
    imported = model(name)
    for decision, data in to_policy_tables(imported).items():
        names = {*imported.inputs, *imported.decisions}
        assert parse_table(data, names) == imported.decisions[decision]
        assert all(each.code for each in check_table(imported.decisions[decision]))


def test_plain_data_is_what_a_person_would_write() -> None:
    assert to_policy_tables(model("trisotech_loan_interest.dmn"))["补贴 标准"] == {
        "hit": "UNIQUE",
        "inputs": [{"expression": "企业 规模", "values": '"大型","中型","小型","微型"', "label": "规模"}],
        "outputs": ["比例", "说明"],
        "rules": [
            {"when": ['"小型","微型"'], "then": ["0.015", '"中小微加成"'], "text": "第三条"},
            {"when": ['"中型"'], "then": ["0.01", "null"], "text": "第四条"},
        ],
        "default": ["0", "null"],
    }


# --- what is refused ----------------------------------------------------------------------------------------------

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="m" namespace="n">'


def one(logic: str, rest: str = "") -> bytes:
    return f'{HEAD}<decision id="d1" name="甲"><variable name="甲"/>{rest}{logic}</decision></definitions>'.encode()


TABLE = (
    '<decisionTable><input id="i1"><inputExpression><text>{}</text></inputExpression></input><output id="o1"/>'
    '<rule id="r1"><inputEntry id="c1"><text>{}</text></inputEntry><outputEntry id="c2"><text>{}</text></outputEntry></rule>'
    "</decisionTable>"
)


@pytest.mark.parametrize(
    ("xml", "words", "element"),
    [
        (b"not xml", "no well-formed XML", None),
        (b"<a/>", "no DMN 1.1 to 1.5 file", None),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "document type", None),
        (b"<a>" * 300, "nested too deeply", None),
        (one(TABLE.format("x", "&lt;", "1")), "decision '甲', element c1", "c1"),
        (one(TABLE.format("x", "-", "1 +")), "element c2", "c2"),
        (one(TABLE.format("x +", "-", "1")), "element i1", "i1"),
        (one(TABLE.format("", "-", "1")), "an input column has no expression", "i1"),
        (one(TABLE.format("x", "cellInput > 5", "1")), "cellInput", "d1"),
        (one('<literalExpression id="e1"><text>1 +</text></literalExpression>'), "element e1", "e1"),
        (
            one('<literalExpression id="e1" expressionLanguage="juel"><text>1</text></literalExpression>'),
            "juel",
            "e1",
        ),
        (
            one('<functionDefinition id="f1" kind="Java"><context/></functionDefinition>'),
            "function in Java",
            "f1",
        ),
        (
            one("", '<informationRequirement><requiredInput href="#nowhere"/></informationRequirement>'),
            "requires #nowhere",
            "d1",
        ),
        (
            f'{HEAD}<decision id="a" name="甲"><informationRequirement><requiredDecision href="#b"/></informationRequirement></decision>'
            '<decision id="b" name="乙"><informationRequirement><requiredDecision href="#a"/></informationRequirement></decision></definitions>'.encode(),
            "甲 → 乙 → 甲",
            "a",
        ),
        (
            f'{HEAD}<import id="im" name="x" importType="y"/></definitions>'.encode(),
            "import of another model",
            "im",
        ),
        (
            f'{HEAD}<inputData id="i" name="x"><variable name="x" typeRef="tNowhere"/></inputData></definitions>'.encode(),
            "the type 'tNowhere'",
            "i",
        ),
    ],
)
def test_refused_with_the_element(xml: bytes, words: str, element: str | None) -> None:
    with pytest.raises(DomainError) as caught:
        import_dmn(xml)
    assert words in caught.value.message
    assert any("\u4e00" <= each <= "\u9fff" for each in caught.value.message_zh)
    if element is not None:
        assert caught.value.details["element"] == element


def test_an_error_in_a_cell_keeps_its_place() -> None:
    with pytest.raises(ExpressionError) as caught:
        import_dmn(one(TABLE.format("x", "[1..", "1")))
    assert (caught.value.details["rule"], caught.value.details["cell"]) == (1, "input 1")
    assert caught.value.pointer().startswith("[1..")


def test_a_decision_without_logic() -> None:
    drawn = import_dmn(one(""))
    assert drawn.evaluate("甲", {}) is None
    assert isinstance(drawn.evaluate("甲", {}, Mode.POLICY), Failure)


def test_an_unknown_decision_is_named_with_a_suggestion() -> None:
    with pytest.raises(ModelError, match="did you mean 'Reward'"):
        model("kogito_boxed.dmn").evaluate("Rewards", {})


def test_a_decision_is_a_node_like_any_other() -> None:
    tree = model("trisotech_loan_interest.dmn").decisions["补贴 标准"]
    assert evaluate(tree, {"企业 规模": "中型"}, Mode.POLICY)["比例"] == D("0.01")
