"""What an official fills in at a step: judged by the form, kept with its version, and in part data of the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import Owner
from yingshang.kernel.forms.api import Answers, FieldSpec, FormVersionView, get_form, take_answers

from ..case_errors import InvalidRequest
from ..case_reads import STEP_FORM
from ..definitions.rules import StepRule
from ..models import FormAnswers, Task
from ._case_steps import step_data


def take_form(
    task: Task,
    rule: StepRule,
    answers: Mapping[str, Any] | None,
    data: Mapping[str, Any] | None,
    *,
    actor: Actor,
    now: datetime,
) -> tuple[Answers | None, dict[str, Any]]:
    """The answers to the form of a step, if it has one, and what the step writes into the case.

    The form is that in force now. A name the step sets that is a field of the form takes its answer and nothing else;
    left blank it is null, which no condition takes for a value. Raises InvalidSubmission, InvalidRequest,
    UndeclaredData.
    """
    if not rule.form:
        if answers:
            raise InvalidRequest(
                f"the step {rule.id} has no form; leave the answers out",
                message_zh=f"环节“{rule.name}”没有表单，请去掉填写的内容",
                field="answers",
            )
        return None, step_data(rule, data)
    if answers is None:
        raise InvalidRequest(
            f"the step {rule.id} has a form; open the task and fill it in",
            message_zh=f"环节“{rule.name}”需要填写表单，请打开待办逐件办理",
            field="answers",
        )
    form = get_form(rule.form)
    taken = take_answers(
        actor=actor,
        form=form,
        data=answers,
        owner=Owner(STEP_FORM, str(task.pk)),
        party_id=task.case.party_id,
        region_path=task.region_path,
        agency_id=task.agency_id,
        now=now,
    )
    own = [name for name in rule.sets if name not in form.fields]
    return taken, {**step_data(rule, data, own), **_for_conditions(form, rule, taken.values)}


def keep_form(task: Task, taken: Answers, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Keep what was filled in with the task; what the event says of it: nothing that was written."""
    FormAnswers.objects.create(
        task=task,
        form=taken.form_code,
        version=taken.version,
        values=taken.text,
        documents=list(taken.documents),
        digest=taken.digest,
        given_at=now,
        given_by_name=actor.name,
    )
    return {
        "form": taken.form_code,
        "form_version": taken.version,
        "fields": sorted(taken.values),
        "digest": taken.digest,
        "documents": list(taken.documents),
    }


def _for_conditions(form: FormVersionView, rule: StepRule, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(field, values.get(name))
        for name in rule.sets
        if (field := form.fields.get(name)) is not None and not field.personal and field.kind != "files"
    }


def _plain(field: FieldSpec, value: Any) -> Any:
    """An answer as conditions compare it: amounts are numbers, not texts."""
    if field.kind not in ("money", "decimal") or not isinstance(value, str):
        return value
    exact = Decimal(value)
    number = int(exact) if exact == exact.to_integral_value() else float(value)
    if Decimal(str(number)) != exact:
        raise InvalidRequest(
            f"{field.code}: this has more digits than the data of a case can hold; write fewer",
            message_zh=f"“{field.name}”的位数过多，无法写入办件数据，请减少位数",
            field=field.code,
        )
    return number
