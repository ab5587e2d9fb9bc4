"""The form of a step: filled in with the decision, judged, kept with its version, and read by conditions in part."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from tests.kernel.access.factories import arranged, no_event
from tests.kernel.documents.factories import pdf_of
from tests.kernel.flow.factories import (
    DAOLI,
    LATER,
    MARKET,
    NANGANG,
    NOW,
    SERVICE,
    SUBJECT,
    SYSTEM,
    Heard,
    agency,
    definition,
    enterprise,
    heard,
    ladders,
    one_flow_event,
    stored,
    task_at,
    window,
)
from yingshang.kernel.documents.api import DocumentNotFound, get_document
from yingshang.kernel.flow import api
from yingshang.kernel.flow.models import FormAnswers
from yingshang.kernel.flow.selectors import known_to_the_platform
from yingshang.kernel.forms import api as forms

pytestmark = pytest.mark.django_db

__all__ = ["heard"]

STEPS = """
code: {code}
name: 踏勘流程
name_en: By inspection
lanes: [{{code: window, name: 窗口, name_en: Window}}]
steps:
  - id: visit
    name: 踏勘
    name_en: Visit
    who: {{role: window_official, agency: window}}
    form: inspection
    sets: [area, dangerous, remark]
  - {{id: large, name: 大面积复核, name_en: Large, who: {{role: window_official, agency: window}}, when: area > 100.5 and not(dangerous)}}
"""

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["opinion", "dangerous"],
    "properties": {
        "area": {
            "type": "string",
            "format": "decimal",
            "title": "面积",
            "x-title-en": "Area",
            "x-minimum": "0",
        },
        "dangerous": {"type": "boolean", "title": "涉及危险品", "x-title-en": "Dangerous goods"},
        "permit": {"type": "string", "title": "许可证号", "x-title-en": "Permit", "maxLength": 20},
        "opinion": {"type": "string", "title": "现场情况", "x-title-en": "What was seen", "maxLength": 200},
        "phone": {"type": "string", "format": "phone", "title": "联系电话", "x-title-en": "Telephone"},
        "photos": {
            "type": "array",
            "title": "照片",
            "x-title-en": "Photographs",
            "x-file": {"types": ["pdf"], "max_bytes": 100_000, "max_files": 2},
        },
    },
}
LAYOUT: dict[str, Any] = {
    "sections": [
        {
            "code": "seen",
            "name": "踏勘记录",
            "name_en": "Record",
            "fields": [
                {"field": "area"},
                {"field": "dangerous"},
                {"field": "permit", "when": "dangerous = true"},
                {"field": "opinion"},
                {"field": "phone"},
                {"field": "photos"},
            ],
        }
    ]
}
PDF = pdf_of()
GOOD = {"area": "120.50", "dangerous": False, "opinion": "通道畅通"}


def inspection_form(**schema: Any) -> None:
    """The form, published; again, with another schema, as its next version."""
    if schema:
        summary = forms.get_form_summary(actor=SYSTEM, code="inspection")
        assert summary.published
    else:
        forms.create_form(
            actor=SYSTEM, code="inspection", name="踏勘记录", name_en="Inspection", region_path="", now=NOW
        )
    forms.save_form_draft(
        actor=SYSTEM, code="inspection", schema={**SCHEMA, **schema}, layout=LAYOUT, now=NOW
    )
    forms.publish_form(actor=SYSTEM, code="inspection", now=NOW)


def inspected_case() -> api.CaseView:
    ladders()
    inspection_form()
    definition("by_inspection", STEPS)
    return api.start_case(
        actor=SYSTEM, definition="by_inspection", subject=api.Subject(SUBJECT, "s", "演示踏勘"),
        party_id=enterprise(DAOLI).pk, region_code=DAOLI, agencies={"window": agency(DAOLI, SERVICE).pk}, now=NOW,
    )  # fmt: skip


def visit(case: api.CaseView, answers: dict[str, Any] | None, **more: Any) -> api.TaskView:
    return api.complete_task(
        actor=window().actor(),
        task_id=task_at(case, "visit").pk,
        outcome="done",
        answers=answers,
        now=LATER,
        **more,
    )


def test_what_is_filled_in_is_kept_with_its_version_and_read_by_conditions(heard: Heard) -> None:
    case = inspected_case()
    with one_flow_event("flow.task_completed") as events:
        visit(case, {**GOOD, "phone": "13800000000"})
    assert task_at(case, "large").state == "ready"
    # An amount is a number to conditions; what was left blank or set by nobody is null; the rest stays with the form.
    assert stored(case).data == {"area": 120.5, "dangerous": False}
    (kept,) = api.case_answers(actor=window().actor(), case_id=case.id)
    assert (kept.form.code, kept.form.number, kept.personal) == ("inspection", 1, ("phone",))
    assert kept.values == {**GOOD, "phone": "13800000000"}
    after = events[0]["after"]
    assert (after["form"], after["form_version"], after["digest"]) == ("inspection", 1, kept.digest)
    assert "通道畅通" not in str(after) and "13800000000" not in str(after)
    completed = next(each for each in heard.events if each.kind == "task_completed")
    assert completed.answers["opinion"] == "通道畅通" and set(completed.data) == {"area", "dangerous"}
    raw = FormAnswers.objects.values_list("values", flat=True).query
    assert "通道畅通" not in str(raw)


def test_a_later_version_of_the_form_does_not_change_what_was_filled_in() -> None:
    with_handler = Heard()
    api.register_subject(SUBJECT, handler=with_handler.handle)
    case = inspected_case()
    visit(case, GOOD)
    inspection_form(required=["opinion", "dangerous", "area"])
    (kept,) = api.case_answers(actor=window().actor(), case_id=case.id)
    assert kept.form.number == 1 and forms.get_form("inspection").number == 2


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("answers", "more", "refusal"),
    [
        (None, {}, api.InvalidRequest),
        ({}, {}, forms.InvalidSubmission),
        ({**GOOD, "area": "much"}, {}, forms.InvalidSubmission),
        ({**GOOD, "colour": "red"}, {}, forms.InvalidSubmission),
        ({**GOOD, "photos": [{"document": 1, "name": "a.pdf", "size": 3}]}, {}, forms.InvalidSubmission),
        ({**GOOD, "photos": [SimpleUploadedFile("a.exe", b"MZ")]}, {}, forms.InvalidSubmission),
        ({**GOOD, "photos": [SimpleUploadedFile("a.pdf", b"no pdf")]}, {}, forms.InvalidSubmission),
        (GOOD, {"data": {"area": 1}}, api.UndeclaredData),
        (GOOD, {"data": {"other": 1}}, api.UndeclaredData),
        # Nobody guesses what was left blank.
        ({"dangerous": False, "opinion": "见附件"}, {}, api.ConditionUndecided),
    ],
)
def test_what_is_filled_in_wrongly_changes_nothing(
    answers: dict[str, Any] | None, more: dict[str, Any], refusal: type[Exception]
) -> None:
    case = inspected_case()
    window(), agency(DAOLI, MARKET)
    task = task_at(case, "visit")
    with no_event(), pytest.raises(refusal):
        visit(case, answers, **more)
    task.refresh_from_db()
    assert task.state == "ready" and stored(case).data == {} and not FormAnswers.objects.exists()


@pytest.mark.usefixtures("heard")
def test_the_process_may_give_names_the_form_has_not_and_what_is_not_asked_for_is_left_out() -> None:
    case = inspected_case()
    visit(case, {**GOOD, "permit": "X1"}, data={"remark": "照片另存"})
    assert stored(case).data == {"area": 120.5, "dangerous": False, "remark": "照片另存"}
    (kept,) = api.case_answers(actor=window().actor(), case_id=case.id)
    assert "permit" not in kept.values


@pytest.mark.usefixtures("heard")
def test_files_belong_to_the_task_and_are_for_who_sees_the_case() -> None:
    case = inspected_case()
    visit(case, {**GOOD, "photos": [SimpleUploadedFile("现场.pdf", PDF)]})
    (kept,) = api.case_answers(actor=window().actor(), case_id=case.id)
    (number,) = kept.documents
    assert kept.values["photos"][0]["document"] == number
    assert get_document(actor=window().actor(), document_id=number).name == "现场.pdf"
    with pytest.raises(DocumentNotFound):
        get_document(actor=window(NANGANG).actor(), document_id=number)
    with pytest.raises(api.CaseNotFound):
        api.case_answers(actor=window(NANGANG).actor(), case_id=case.id)


@pytest.mark.usefixtures("heard")
def test_the_database_keeps_what_was_filled_in() -> None:
    case = inspected_case()
    visit(case, GOOD)
    with arranged(), pytest.raises(IntegrityError), transaction.atomic():
        FormAnswers.objects.update(version=7)
    with arranged(), pytest.raises(IntegrityError), transaction.atomic():
        FormAnswers.objects.all().delete()


@pytest.mark.usefixtures("heard")
def test_a_step_with_a_form_is_not_done_in_a_batch_and_one_without_takes_no_answers() -> None:
    case = inspected_case()
    who = window().actor()
    result = api.complete_tasks(actor=who, task_ids=[task_at(case, "visit").pk], outcome="done", now=LATER)
    assert result.done == () and "逐件办理" in next(iter(result.refused.values()))[0]
    visit(case, GOOD)
    with pytest.raises(api.InvalidRequest, match="has no form"):
        api.complete_task(
            actor=who, task_id=task_at(case, "large").pk, outcome="done", answers={"a": 1}, now=LATER
        )


def test_a_step_may_not_make_data_of_what_is_about_people_or_of_files() -> None:
    inspection_form()
    bpmn = api.compose_bpmn(
        api.parse_steps(
            STEPS.format(code="x").replace("[area, dangerous, remark]", "[area, dangerous, phone, photos, x]")
        )
    )
    found = {
        (each.severity, each.message.split(": ", 1)[1].split(" ", 1)[0])
        for each in api.lint(bpmn, known_to_the_platform(bpmn))
        if "form" in each.message
    }
    assert ("error", "'phone'") in found and ("error", "'photos'") in found and ("warning", "the") in found


def test_a_required_field_only_a_process_sets_cannot_be_asked_for_at_a_step() -> None:
    inspection_form()
    inspection_form(
        properties={**SCHEMA["properties"], "permit": {**SCHEMA["properties"]["permit"], "readOnly": True}},
        required=["permit"],
    )
    bpmn = api.compose_bpmn(api.parse_steps(STEPS.format(code="x")))
    assert any(
        each.severity == "error" and "nobody at a step can fill in permit" in each.message
        for each in api.lint(bpmn, known_to_the_platform(bpmn))
    )
