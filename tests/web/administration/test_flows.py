"""Flows through the pages: written as a list, drawn, uploaded, checked, published, and their cases carried over."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.kernel.access.factories import HARBIN, official
from tests.kernel.flow import factories as flow
from tests.kernel.flow.factories import heard  # noqa: F401  (a fixture)
from tests.web.desk.factories import signed_in
from yingshang.kernel.flow.api import compose_bpmn, get_definition, parse_steps
from yingshang.kernel.flow.models import Definition
from yingshang.web.administration.flow_steps import EditedFlow, StepRow, from_document, from_form

pytestmark = pytest.mark.django_db

SENT = {
    "name": "演示审批",
    "name_en": "Sample approval",
    "amount": "10",
    "unit": "working_days",
    "ladder": "case",
    "facts": "金额",
    "lane_code": ["center"],
    "lane_name": ["政务服务中心"],
    "lane_name_en": ["Service center"],
    "step-0-id": "accept",
    "step-0-name": "受理",
    "step-0-role": "window_official",
    "step-0-lane": "center",
    "step-0-amount": "2",
    "step-0-unit": "working_days",
    "step-0-allow": ["return", "deficiency"],
    "step-0-sets": "核定 面积、用途",
    "step-0-outcome_code": ["accepted", "refused"],
    "step-0-outcome_name": ["受理", "不予受理"],
    "step-0-outcome_name_en": ["", ""],
    "step-0-outcome_ends": ["1"],
    "step-1-id": "review",
    "step-1-name": "审核",
    "step-1-role": "department_official",
    "step-1-lane": "center",
    "step-1-amount": "3",
    "step-1-unit": "working_days",
    "step-1-when": "金额 > 100",
    "step-1-outcome_code": ["done"],
    "step-1-outcome_name": ["完成"],
    "step-1-outcome_name_en": [""],
}


def administrator() -> Client:
    flow.ladders()
    return signed_in(official("administrator", HARBIN))


def form(**changed: Any) -> QueryDict:
    data = QueryDict(mutable=True)
    begun = {} if changed.pop("steps_only", False) else SENT
    for name, value in {**begun, **changed}.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


# --- the list in the form ---------------------------------------------------------------------------------------------


def test_the_form_and_the_document_say_the_same() -> None:
    edited = from_form(form())
    document = edited.document("sample")
    parsed = parse_steps(json.dumps(document, ensure_ascii=False))
    assert [step.rule.id for step in parsed.steps()] == ["accept", "review"]
    assert from_document(document) == edited


def test_what_goes_on_at_the_same_time_is_a_group() -> None:
    places = (("a", "after", 0), ("b", "beside", 0), ("c", "after", 1), ("d", "beside", 0), ("e", "after", 0))
    steps = tuple(StepRow(id=name, how=how, level=level) for name, how, level in places)  # type: ignore[arg-type]
    document = EditedFlow(steps=steps).document("x")["steps"]
    group = [[each["id"] for each in branch] for branch in document[0]["parallel"]]
    assert group == [["a"], ["b", "c"], ["d"]] and document[1]["id"] == "e"
    again = from_document({"steps": document})
    assert [(step.id, step.how, step.level) for step in again.steps] == list(places)


def _depth(part: Any) -> int:
    return 0 if part == "step" else 1 + max(_depth(each) for branch in part for each in branch)


PART = st.recursive(
    st.just("step"),
    lambda inner: st.lists(st.lists(inner, min_size=1, max_size=3), min_size=2, max_size=3),
    max_leaves=12,
).filter(lambda part: _depth(part) <= 4)


def _written(parts: Any, numbers: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"s{next(numbers)}", "name": "环节", "who": {"role": "r", "agency": "l"}}
        if part == "step"
        else {"parallel": [_written(branch, numbers) for branch in part]}
        for part in parts
    ]


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(PART, min_size=1, max_size=3))
def test_groups_within_groups_are_opened_and_saved_as_they_were(parts: Any) -> None:
    written = _written(parts, count(1))
    document = {"code": "x", "name": "流程", "steps": written}
    edited = from_document(document)
    sent = form(**{"name": "流程", **_fields(edited)}, steps_only=True)
    assert from_form(sent).document("x")["steps"] == edited.document("x")["steps"]
    before = parse_steps(json.dumps(document, ensure_ascii=False))
    after = parse_steps(json.dumps(edited.document("x"), ensure_ascii=False))
    assert after.parts == before.parts


def _fields(edited: EditedFlow) -> dict[str, Any]:
    """The steps of a form as a browser sends them."""
    return {
        f"step-{number}-{name}": value
        for number, step in enumerate(edited.steps)
        for name, value in (
            ("id", step.id), ("name", step.name), ("role", step.role), ("lane", step.lane), ("how", step.place),
        )
    }  # fmt: skip


def test_a_long_definition_keeps_all_it_says() -> None:
    outcomes = [{"code": f"o{number}", "name": "结果"} for number in range(15)]
    written = _written(["step"] * 150, count(1))
    written[0] |= {"outcomes": outcomes, "sets": ["核定 面积"], "form": "f", "note": "说明"}
    document = {"code": "x", "name": "流程", "facts": ["年 收入", "人数"], "steps": written}
    edited = from_document(document)
    again = parse_steps(json.dumps(edited.document("x"), ensure_ascii=False))
    assert again == parse_steps(json.dumps(document, ensure_ascii=False))
    assert len(from_form(form(**_fields(edited), steps_only=True)).steps) == 150


def test_buttons_change_the_list() -> None:
    edited = from_form(form())
    assert [step.id for step in edited.changed("down-0").steps] == ["review", "accept"]
    assert [step.id for step in edited.changed("up-1").steps] == ["review", "accept"]
    assert [step.id for step in edited.changed("remove-0").steps] == ["review"]
    assert [step.id for step in edited.changed("add-0").steps] == ["accept", "step_1", "review"]
    assert len(edited.changed("outcome-1").steps[1].outcomes) == 2
    assert len(edited.changed("lane").lanes) == 2
    for nonsense in ("", "up-0", "down-1", "remove-9", "remove-x", "fly-1", "up--1"):
        assert edited.changed(nonsense) == edited


# --- the pages --------------------------------------------------------------------------------------------------------


def test_a_flow_is_written_checked_and_published() -> None:
    client = administrator()
    new = "/administration/flow-new/"
    assert client.get(new).status_code == 200
    added = client.post(new, {**SENT, "op": "add", "code": "approval"}, headers={"HX-Request": "true"})
    assert "step-2-id" in added.content.decode() and "<html" not in added.content.decode()
    assert not Definition.objects.filter(code="approval").exists(), "buttons keep nothing"

    check = client.post(
        "/administration/flow-check/", {**SENT, "step-1-when": "金额 == 100"}
    ).content.decode()
    assert "when" in check and "错误" in check and "flow-picture" not in check
    check = client.post(
        "/administration/flow-check/", {**SENT, "step-1-role": "nobody_here"}
    ).content.decode()
    assert "flow-picture" in check and "nobody_here" in check

    saved = client.post(new, {**SENT, "op": "save", "code": "approval"})
    assert saved.status_code == 302, saved.content.decode()
    page = client.get("/administration/flows/approval/").content.decode()
    assert "flow-picture" in page and "检查通过" in page
    assert client.post("/administration/flows/approval/publish/", {"note": "首次发布"}).status_code == 302
    page = client.get("/administration/flows/approval/").content.decode()
    assert "首次发布" in page and "演示审批" in client.get("/administration/flows/").content.decode()
    version = client.get("/administration/flows/approval/versions/1/").content.decode()
    assert "data-flow-viewer" in version
    file = client.get("/administration/flows/approval/versions/1/file/")
    assert file.content.startswith(b"<?xml") and "attachment" in file["Content-Disposition"]


def test_mistakes_are_told_and_nothing_is_lost() -> None:
    client = administrator()
    new = "/administration/flow-new/"
    wrong = client.post(new, {**SENT, "op": "save", "code": "Not A Code"})
    assert wrong.status_code == 422 and "演示审批" in wrong.content.decode()
    wrong = client.post(new, {**SENT, "op": "save", "code": "approval", "step-0-amount": "soon"})
    assert wrong.status_code == 422 and "soon" in wrong.content.decode()
    client.post(new, {**SENT, "op": "save", "code": "approval"})
    late = client.post(
        "/administration/flows/approval/steps/",
        {**SENT, "op": "save", "expected": "2020-01-01T00:00:00+00:00"},
    )
    assert late.status_code == 422 and "他人修改" in late.content.decode()
    assert client.post("/administration/flows/approval/discard/").status_code == 302
    assert client.get("/administration/flows/approval/").status_code == 404


def test_a_diagram_is_uploaded_and_drawn_on() -> None:
    client = administrator()
    bpmn = compose_bpmn(parse_steps(json.dumps(from_form(form()).document("approval"), ensure_ascii=False)))

    def upload(text: bytes, code: str = "approval") -> Any:
        file = SimpleUploadedFile("a.bpmn", text)
        return client.post("/administration/flow-upload/", {"code": code, "file": file})

    assert upload(b"no xml at all").status_code == 422
    assert upload(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>').status_code == 422
    assert upload(b"\xff\xfe\x00").status_code == 422
    assert upload(bpmn.encode()).status_code == 302
    script = bpmn.replace("bpmn:userTask", "bpmn:scriptTask")
    assert upload(script.encode(), "approval").status_code == 302, "a draft may hold what the check refuses"
    page = client.get("/administration/flows/approval/").content.decode()
    assert "会运行程序" in page and "flow-publish" not in page and "/publish/" not in page
    assert client.post("/administration/flows/approval/publish/", {}).status_code == 422
    modeler = "/administration/flows/approval/modeler/"
    page = client.get(modeler).content.decode()
    assert "data-canvas" in page and "flow-modeler.js" in page
    draft = get_definition(actor=official("administrator", HARBIN).actor(), code="approval").draft
    assert draft is not None
    sent = {"bpmn": bpmn, "expected": draft.changed_at.isoformat()}
    assert client.post(modeler, sent).status_code == 302
    assert client.post(modeler, sent).status_code == 422, "somebody has changed it meanwhile"
    assert client.get("/administration/flows/approval/steps/").status_code == 302, "drawn, so no list"


def test_only_who_manages_flows_sees_them() -> None:
    for role in ("window_official", "supervisor", "operator", "auditor"):
        client = signed_in(official(role, HARBIN))
        assert client.get("/administration/flows/").status_code == 403, role
        assert client.post("/administration/flow-check/", SENT).status_code == 403, role


@pytest.mark.usefixtures("heard")
def test_open_cases_are_carried_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: flow.LATER)
    case = flow.open_case()
    with flow.arranged():
        Definition.objects.filter(code="sample").update(region_path="2301")
    client = administrator()
    page = client.get("/administration/flows/sample/steps/").content.decode()
    assert 'value="verify"' in page and "beside" in page
    stored = flow.stored(case).version
    response = client.post(
        "/administration/flow-upload/",
        {
            "code": "sample",
            "file": SimpleUploadedFile("a.bpmn", stored.bpmn.replace("演示流程", "演示流程新版").encode()),
        },
    )
    assert response.status_code == 302
    assert client.post("/administration/flows/sample/publish/", {"note": ""}).status_code == 302
    report = "/administration/flows/sample/versions/2/cases/"
    page = client.get(report).content.decode()
    assert case.subject.title in page and "可以" in page
    assert client.post(report, {"case": [str(case.id)]}).status_code == 302
    assert flow.stored(case).version.number == 2
    assert client.post(report, {"case": ["x"]}).status_code == 404
