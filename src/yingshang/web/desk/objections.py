"""The objection to a fact as its case shows it: what was held, what is claimed, evidence, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.access.api import Actor, note_personal_view
from yingshang.kernel.documents.api import DocumentNotFound, get_document
from yingshang.kernel.flow.api import TaskView
from yingshang.kernel.forms.api import get_submission, submission_rows
from yingshang.kernel.parties.api import InvalidFact, fact_history, value_from_text, written_text
from yingshang.kernel.reference.api import get_fact
from yingshang.processes.fact_objection.api import (
    CORRECTED,
    HIDDEN,
    SUBJECT,
    ObjectionView,
    objection_on_desk,
    without_personal,
)
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of

from .subjects import register_subject


class CorrectionForm(forms.Form):
    """What the fact should be, if the source upholds the objection."""

    def __init__(self, *args: Any, objection: ObjectionView, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._column = objection.column
        self.fields[CORRECTED] = forms.CharField(
            label=_("更正为"),
            max_length=200,
            required=False,
            initial="" if objection.claimed_value == HIDDEN else objection.claimed_value,
            help_text=_("异议成立时记入该项数据；留空则采用企业主张的值。"),
        )

    def clean(self) -> dict[str, Any]:
        """A value the catalogue allows for this fact."""
        cleaned: dict[str, Any] = super().clean() or {}
        text = str(cleaned.get(CORRECTED) or "").strip()
        if text:
            try:
                value_from_text(get_fact(self._column), text)
            except InvalidFact as error:
                self.add_error(CORRECTED, message_of(error))
        return {**cleaned, CORRECTED: text}


def panel(actor: Actor, identifier: str) -> Mapping[str, Any]:
    """What the panel shows. Raises ObjectionNotFound for who may not see it."""
    found = objection_on_desk(actor=actor, objection_id=int(identifier))
    numbers = (*found.earlier_submissions, found.submission_id)
    submissions = [get_submission(actor=actor, submission_id=number) for number in numbers]
    # Whoever works on it may have to ring up; the enterprise can see who read the contact, and what for.
    reads_contact = found.is_open and actor.may("flow.work") and actor.may("parties.view_personal")
    if reads_contact:
        note_personal_view(
            actor=actor,
            party_id=found.entry_id,
            fields=["contact_name", "contact_phone", *([found.column] if found.personal else [])],
            purpose=f"办理异议 {found.number}",
            now=timezone.now(),
        )
    shown = submissions[-1]
    if found.personal and not reads_contact:
        found = without_personal(found)
    if found.claimed_value:
        claimed = written_text(found.column, found.claimed_value)
        shown = replace(shown, values={**shown.values, "claimed_value": claimed})
    evidence = [number for each in submissions for number in each.documents]
    reply = [found.reply_id] if found.reply_id else []
    shown_evidence, shown_reply = _documents(actor, evidence), _documents(actor, reply)
    return {
        "objection": found,
        # Of a person, and therefore not for everybody who sees the case.
        "withheld": len(evidence) + len(reply) - len(shown_evidence) - len(shown_reply)
        if found.personal
        else 0,
        "rows": submission_rows(shown, get_language() or "zh-hans", personal=reads_contact),
        "evidence": shown_evidence,
        "reply": shown_reply,
        "history": _history(actor, found),
    }


def decision(actor: Actor, task: TaskView, data: Any) -> forms.Form | None:
    """The source may write down another value with its decision."""
    if task.step != "verify":
        return None
    found = objection_on_desk(actor=actor, objection_id=int(task.subject.identifier))
    return CorrectionForm(data, objection=found)


def _documents(actor: Actor, numbers: list[int]) -> list[Any]:
    found = []
    for number in numbers:
        try:
            found.append(get_document(actor=actor, document_id=number))
        except DocumentNotFound:
            # Removed since, or not for these eyes.
            continue
    return found


def _history(actor: Actor, found: ObjectionView) -> tuple[Any, ...]:
    """What was told of the fact over time, for who may look into the register."""
    try:
        return fact_history(actor=actor, party_id=found.party_id, column=found.column)[:5]
    except DomainError:
        return ()


register_subject(SUBJECT, template="desk/objection_panel.html", context=panel, decision_form=decision)
