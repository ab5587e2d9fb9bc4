"""The form of a step on the page of its task, and what was filled in, beside the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from yingshang.kernel.access.api import Actor, note_personal_view
from yingshang.kernel.documents.api import DocumentNotFound, get_document
from yingshang.kernel.flow.api import CaseView, TaskView, case_answers
from yingshang.kernel.forms.api import (
    FieldProblem,
    FillableForm,
    InvalidSubmission,
    build_form,
    filled_rows,
    get_form,
)
from yingshang.web.words import in_language

DECISION = "decision"
"""Before the names of the decision's own fields, where a step has a form."""
ADD_ROW = "_add_row"


def step_form(request: HttpRequest, task: TaskView) -> FillableForm:
    """The form of a task's step, with what was sent."""
    sent = request.method == "POST"
    return build_form(
        get_form(task.form),
        data=request.POST if sent else None,
        files=request.FILES if sent else None,
        language=get_language() or "zh-hans",
        today=timezone.localdate(),
    )


def asks_for_row(request: HttpRequest) -> bool:
    """Whether only another row of a table was asked for, without a script."""
    return request.method == "POST" and ADD_ROW in request.POST


def with_row(request: HttpRequest, task: TaskView) -> FillableForm:
    """The form as it was filled in, with one more row."""
    typed = step_form(request, task)
    # A file that was chosen has to be chosen again: nothing is kept before the decision.
    values = {
        name: value for name, value in typed.everything.items() if typed.version.fields[name].kind != "files"
    }
    form = build_form(typed.version, initial=values, language=typed.language)
    name = request.POST[ADD_ROW]
    if name in form.fields:
        form.fields[name].widget.extra = 2
    return form


def begun(request: HttpRequest) -> dict[str, Any]:
    """What was typed of the decision so far."""
    return {name: request.POST.get(f"{DECISION}-{name}", "") for name in ("outcome", "opinion")}


def judge(form: FillableForm | None, error: InvalidSubmission) -> None:
    """Show what the platform found wrong at the fields it is about."""
    assert form is not None
    problems = [
        FieldProblem(
            field=each["field"],
            code=each["code"],
            message=each["message"],
            message_zh=each["message_zh"],
            row=each["row"] - 1 if "row" in each else None,
            column=each.get("column", ""),
        )
        for each in error.details.get("problems", ())
    ]
    form.show(problems)


def answered(actor: Actor, case: CaseView, now: datetime) -> list[Mapping[str, Any]]:
    """What was filled in at the steps of a case.

    Personal data are masked for whoever may not see them; whoever does see them is noted down.
    """
    found = case_answers(actor=actor, case_id=case.id)
    clear = case.open and actor.may("flow.work") and actor.may("parties.view_personal")
    personal = sorted({name for each in found for name in each.personal})
    if personal and clear and case.party_id is not None:
        note_personal_view(
            actor=actor, party_id=case.party_id, fields=personal, purpose=f"办理 {case.number}", now=now
        )
    language = get_language() or "zh-hans"
    return [
        {
            "title": each.form.label(language),
            "step": in_language(each.step_name, each.step_name_en),
            "rows": filled_rows(
                each.form, each.values, language, personal=clear and case.party_id is not None
            ),
            "documents": [_document(actor, number) for number in each.documents],
            "given_at": each.given_at,
            "given_by_name": each.given_by_name,
            "version": each.form.number,
        }
        for each in found
    ]


def _document(actor: Actor, number: int) -> Any:
    try:
        return get_document(actor=actor, document_id=number)
    except DocumentNotFound:
        # Removed since.
        return None
