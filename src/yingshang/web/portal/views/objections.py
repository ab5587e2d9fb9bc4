"""Objecting to a fact held on one's own enterprise, and following what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.forms.api import (
    SubmissionView,
    get_draft,
    get_form,
    get_submission,
    save_draft,
    submission_rows,
)
from yingshang.kernel.ledger.api import receipt_code
from yingshang.kernel.parties.api import written_text
from yingshang.processes.fact_objection.api import (
    FORM,
    SUBJECT_PREFIX,
    AlreadyObjected,
    ObjectionView,
    fact_to_object,
    file_objection,
    get_objection,
    objections,
    open_objections,
    progress,
    resubmit_objection,
    withdraw_objection,
)
from yingshang.rules.errors import DomainError
from yingshang.web.design.formats import english
from yingshang.web.errors import message_of
from yingshang.web.words import in_language

from ..enterprises import Enterprise, crumbs_of, enterprise_of, tabs
from ..filling import fill


class WithdrawForm(forms.Form):
    """Why an objection is taken back."""

    reason = forms.CharField(max_length=200, required=False)


@needs("objections.file_own")
def objection_list(request: HttpRequest, party_id: int) -> HttpResponse:
    """Every objection of one enterprise, newest first."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    found = objections(actor=actor, party_id=enterprise.party.id)
    return render(request, "portal/objections.html", {**_frame(request, enterprise), "objections": found})


@needs("objections.file_own")
def objection_new(request: HttpRequest, party_id: int, column: str) -> HttpResponseBase:
    """The form for one fact. Where an objection to it is open, that one instead."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    party_id = enterprise.party.id
    try:
        held = fact_to_object(actor=actor, party_id=party_id, column=column)
    except AlreadyObjected as error:
        messages.info(request, message_of(error))
        return redirect("portal:objection", objection_id=open_objections(party_id=party_id)[column])

    def hand_in(submission: SubmissionView) -> str:
        number = file_objection(
            actor=actor,
            party_id=party_id,
            column=column,
            submission_id=submission.id,
            now=timezone.now(),
        )
        return reverse("portal:objection", args=[number])

    return fill(
        request,
        form_code=FORM,
        party_id=party_id,
        subject=f"{SUBJECT_PREFIX}{column}",
        on_submit=hand_in,
        title=_("对“%(fact)s”提出异议") % {"fact": held.label},
        lead=enterprise.party.name,
        before_template="portal/objection_held.html",
        before={"held": held},
        fixed={"fact": held.label},
        crumbs=[*crumbs_of(enterprise), (_("提出异议"), None)],
        submit_label=_("提交异议"),
    )


@needs("objections.file_own")
def objection(request: HttpRequest, objection_id: int) -> HttpResponse:
    """Where an objection stands, like a parcel: the steps, the clock, what was said, the reply and its receipts."""
    actor = actor_from(request)
    found = get_objection(actor=actor, objection_id=objection_id)
    enterprise = enterprise_of(request, actor, found.party_id)
    return render(request, "portal/objection.html", _shown(request, actor, enterprise, found))


@needs("objections.file_own")
def objection_resubmit(request: HttpRequest, objection_id: int) -> HttpResponseBase:
    """What was asked for, and the form again."""
    actor = actor_from(request)
    found = get_objection(actor=actor, objection_id=objection_id)
    enterprise = enterprise_of(request, actor, found.party_id)
    if found.state != "returned":
        messages.info(request, _("这项异议现在不需要补正。"))
        return redirect("portal:objection", objection_id=objection_id)

    begin_with(actor=actor, found=found)

    def hand_in(submission: SubmissionView) -> str:
        resubmit_objection(
            actor=actor, objection_id=objection_id, submission_id=submission.id, now=timezone.now()
        )
        return reverse("portal:objection", args=[objection_id])

    return fill(
        request,
        form_code=FORM,
        party_id=found.entry_id,
        subject=f"{SUBJECT_PREFIX}{found.column}",
        on_submit=hand_in,
        title=_("补正：“%(fact)s”的异议") % {"fact": found.fact_name},
        lead=enterprise.party.name,
        before_template="portal/objection_asked.html",
        before={"objection": found},
        fixed={"fact": found.fact_name},
        crumbs=[
            *crumbs_of(enterprise),
            (found.number, reverse("portal:objection", args=[found.id])),
            (_("补正"), None),
        ],
        submit_label=_("提交补正"),
    )


@needs("objections.file_own")
@require_POST
def objection_withdraw(request: HttpRequest, objection_id: int) -> HttpResponseRedirect:
    """Take it back."""
    form = WithdrawForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        withdraw_objection(
            actor=actor_from(request), objection_id=objection_id, reason=reason, now=timezone.now()
        )
    except DomainError as error:
        messages.error(request, message_of(error))
    else:
        messages.success(request, _("异议已撤回。"))
    return redirect("portal:objection", objection_id=objection_id)


def begin_with(*, actor: Actor, found: ObjectionView) -> None:
    """A draft with what was handed in before, unless one was begun: who corrects does not type everything again.

    Files stay with what they were handed in with.
    """
    subject = f"{SUBJECT_PREFIX}{found.column}"
    if get_draft(actor=actor, form_code=FORM, subject=subject, party_id=found.entry_id) is not None:
        return
    before = get_submission(actor=actor, submission_id=found.submission_id)
    version = get_form(FORM)
    save_draft(
        actor=actor,
        form_code=FORM,
        subject=subject,
        party_id=found.entry_id,
        data={
            name: value
            for name, value in before.values.items()
            if name in version.fields and version.fields[name].kind != "files"
        },
        now=timezone.now(),
    )


def _frame(request: HttpRequest, enterprise: Enterprise) -> dict[str, Any]:
    return {
        "enterprise": enterprise,
        "party": enterprise.party,
        "tabs": tabs(actor_from(request), enterprise, "portal:objections"),
        "crumbs": crumbs_of(enterprise),
    }


def _shown(
    request: HttpRequest, actor: Actor, enterprise: Enterprise, found: ObjectionView
) -> dict[str, Any]:
    language = get_language() or "zh-hans"
    submission = get_submission(actor=actor, submission_id=found.submission_id)
    if found.claimed_value:
        claimed = written_text(found.column, found.claimed_value)
        submission = replace(submission, values={**submission.values, "claimed_value": claimed})
    how_far = progress(actor=actor, objection_id=found.id, now=timezone.now())
    deadline = how_far.deadline if how_far else None
    return {
        **_frame(request, enterprise),
        "crumbs": [
            *crumbs_of(enterprise),
            (_("异议"), reverse("portal:objections", args=[found.party_id])),
            (found.number, None),
        ],
        "objection": found,
        "state": in_language(found.state_name, found.state_name_en),
        "rows": submission_rows(submission, language),
        "progress": how_far,
        "derivation": deadline.derivation("en" if english() else "zh") if deadline else "",
        "steps": _steps(found),
        "receipts": _receipts(found),
    }


def _steps(found: ObjectionView) -> list[dict[str, str]]:
    """The way of an objection for the stepper."""
    names = [_("提交"), _("受理"), _("来源部门核实"), _("答复"), _("办结")]
    reached = {"accepting": 1, "verifying": 2, "returned": 1, "replying": 3, "upheld": 5, "rejected": 5}
    if found.state in ("refused", "withdrawn"):
        last = in_language(found.state_name, found.state_name_en)
        return [{"name": names[0], "state": "done"}, {"name": last, "state": "failed"}]
    here = reached[found.state]
    states = ["done" if place < here else "here" if place == here else "" for place in range(len(names))]
    return [{"name": name, "state": state} for name, state in zip(names, states, strict=True)]


def _receipts(found: ObjectionView) -> list[tuple[str, str]]:
    told = ((_("提交"), found.submitted_event), (_("办结"), found.ended_event))
    return [(what, receipt_code(event)) for what, event in told if event is not None]
