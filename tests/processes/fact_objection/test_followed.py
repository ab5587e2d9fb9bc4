"""The flow of the objection may be edited; an edit the objection could not follow is not published."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, no_event, official
from tests.kernel.flow.factories import ladders
from tests.kernel.flow.flow_texts import FACT_OBJECTION
from yingshang.kernel.flow import api as flow
from yingshang.kernel.flow.definitions import Known, compose_bpmn, lint, parse_steps
from yingshang.kernel.reference.api import get_region
from yingshang.processes.fact_objection.followed import FOLLOWED

REVIEW = """  - id: review
    name: 复核
    who: {role: department_official, agency: source_agency}
"""


def errors(text: str) -> list[str]:
    found = lint(compose_bpmn(parse_steps(text)), Known(bound=FOLLOWED))
    assert all(each.message_zh for each in found)
    return [each.message for each in found if each.severity == "error"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("working_days: 5", "working_days: 3"),
        ("name: 核实\n", "name: 复核查实\n"),
        ("  - id: reply\n", REVIEW + "  - id: reply\n"),
        ("  - id: reply\n", REVIEW + "    allow: [consult]\n    sets: [note]\n  - id: reply\n"),
        ("{code: rejected, name: 异议不成立, ", "{code: rejected, name: 异议不成立, ends: true, "),
    ],
)
def test_what_the_objection_can_follow_is_accepted(old: str, new: str) -> None:
    assert errors(FACT_OBJECTION.replace(old, new, 1)) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{code: upheld,", "{code: partly, name: 部分成立}\n      - {code: upheld,", "verify: .*does not accept .*'partly'; it accepts: upheld, rejected"),
        ("{code: replied,", "{code: passed_on,", "reply: .*does not accept .*'passed_on'"),
        ("name_en: Refused, ends: true}", "name_en: Refused}", "accept: outcome 'refused' has to end"),
        ("    allow: [delegate]\n", "    allow: [return]\n", "reply: the process cannot follow 'return'"),
        ("    sets: [corrected_value]\n", "", "writes 'corrected_value' here"),
        ("id: verify", "id: verification", "the step 'verify' is missing"),
        ("case: {term", "facts: [amount]\ncase: {term", "the opening does not give 'amount'; it gives nothing"),
        ("  - id: reply\n", REVIEW + "    outcomes: [{code: a, name: 通过}, {code: b, name: 终止, ends: true}]\n  - id: reply\n", "'b' ends the case at a step the process does not know"),
        ("  - id: reply\n", REVIEW + "    allow: [return]\n  - id: reply\n", "review: the process cannot follow 'return'"),
        ("agency: source_agency}\n    term: {working_days: 5}", "agency: tax}\n    term: {working_days: 5}", "names no agency for this lane"),
    ],
)  # fmt: skip
def test_what_it_could_not_follow_is_said(old: str, new: str, says: str) -> None:
    assert old in FACT_OBJECTION
    text = FACT_OBJECTION.replace(old, new, 1)
    if "agency: tax" in new:
        text = text.replace("steps:\n", "  - {code: tax, name: 税务}\nsteps:\n", 1)
    found = errors(text)

    assert any(re.search(says, each) for each in found), found


def test_the_source_decides_after_the_desk_has_accepted() -> None:
    document = parse_steps(FACT_OBJECTION)
    accept, verify, reply = document.parts

    turned = compose_bpmn(replace(document, parts=(verify, accept, reply)))
    found = [each.message for each in lint(turned, Known(bound=FOLLOWED)) if each.severity == "error"]
    assert any("verify: the step 'accept' has to be done before" in each for each in found)


@pytest.mark.django_db
def test_such_a_definition_is_not_published_and_the_draft_says_why() -> None:
    ladders(), official("administrator", HARBIN)
    text = FACT_OBJECTION.replace(
        "{code: upheld,", "{code: partly, name: 部分成立}\n      - {code: upheld,", 1
    )
    region = get_region(HARBIN).path
    saved = flow.save_draft(actor=SYSTEM, code="fact_objection", steps=text, region_path=region, now=NOW)
    assert saved.draft is not None and not saved.draft.can_be_published
    with (
        no_event(),
        pytest.raises(flow.CannotPublish, match="does not accept the outcome 'partly'") as refused,
    ):
        flow.publish_version(actor=SYSTEM, code="fact_objection", now=NOW)
    assert "“部分成立”（partly）不被业务流程接受，可用的结果：upheld, rejected" in refused.value.message_zh
    preview = flow.preview_definition(actor=SYSTEM, steps=text)
    assert any("'partly'" in each.message for each in preview.findings)
    # The same list under a code nobody is bound to is nobody's concern.
    free = text.replace("code: fact_objection", "code: free", 1)
    flow.save_draft(actor=SYSTEM, code="free", steps=free, region_path=region, now=NOW)
    assert flow.publish_version(actor=SYSTEM, code="free", now=NOW).number == 1
    flow.save_draft(actor=SYSTEM, code="fact_objection", steps=FACT_OBJECTION, region_path=region, now=NOW)
    assert flow.publish_version(actor=SYSTEM, code="fact_objection", now=NOW).number == 1
