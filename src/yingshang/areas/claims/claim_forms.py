"""The form an item asks for: a published one of kernel.forms, prefilled, judged there, and kept with the claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.forms.api import (
    FormNotFound,
    NotYourParty,
    SubmissionView,
    VersionNotFound,
    filled_rows,
    forms,
    get_form,
    get_submission,
    prefill,
)

from .actions._steps import PLATFORM, move
from .actions.begin_claim import terms_for
from .assessing.steps import may_score_claim
from .errors import InvalidClaim, InvalidTerms
from .lifecycle import CLAIM
from .models import Claim, ItemTerms
from .reach import OWN, VIEW, load, not_found, visible


@dataclass(frozen=True, slots=True)
class FormAsked:
    """The form of a claim: which one, whether it is filled in, and how many of its fields nobody had to type."""

    code: str
    name: str
    name_en: str
    submission_id: int | None
    submitted_at: datetime | None
    known: int
    fields: int


@dataclass(frozen=True, slots=True)
class FilledForm:
    """What was filled in, as (label, text), personal values masked; `files` as (label, number of document, name)."""

    name: str
    rows: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, int, str], ...]
    submitted_at: datetime
    submitted_by_name: str


def form_subject(claim_id: int) -> str:
    """How the filling for a claim is known to kernel.forms."""
    return f"claim:{claim_id}"


def form_asked(claim: Claim, terms: ItemTerms, *, actor: Actor, now: datetime) -> FormAsked | None:
    """The form the terms name, as it stands for this claim; None where they name none."""
    if not terms.form_code:
        return None
    version = get_form(terms.form_code)
    fields = sum(not each.read_only for each in version.fields.values())
    submitted = (
        get_submission(actor=PLATFORM, submission_id=claim.submission_id) if claim.submission_id else None
    )
    if submitted is not None and submitted.form_code == version.code:
        known = sum(not each.changed for name, each in submitted.sources.items() if name in submitted.values)
        return FormAsked(
            version.code,
            version.name,
            version.name_en,
            submitted.id,
            submitted.submitted_at,
            known,
            max(fields, known),
        )
    try:
        known = len(prefill(actor=actor, form=version, party_id=claim.enterprise.pk, now=now))
    except (NotAllowed, NotYourParty):
        known = 0
    return FormAsked(version.code, version.name, version.name_en, None, None, known, fields)


def filled_form(*, actor: Actor, claim_id: int, language: str = "zh-hans") -> FilledForm | None:
    """What was filled in for a claim within the actor's reach, or before an expert who scores it; None where nothing
    was. Raises ClaimNotFound.
    """
    rows = Claim.objects.all() if may_score_claim(actor, claim_id) else visible(actor)
    claim = rows.filter(pk=claim_id).first()
    if claim is None:
        raise not_found(claim_id)
    if claim.submission_id is None:
        return None
    view = get_submission(actor=PLATFORM, submission_id=claim.submission_id)
    version = get_form(view.form_code, number=view.version)
    handed_in = {name: field for name, field in version.fields.items() if field.kind == "files"}
    said = {name: value for name, value in view.values.items() if name not in handed_in}
    return FilledForm(
        version.name_en if language.startswith("en") else version.name,
        tuple(filled_rows(version, said, language, personal=False)),
        tuple(
            (field.label(language), int(each["document"]), str(each["name"]))
            for name, field in handed_in.items()
            for each in view.values.get(name) or ()
        ),
        view.submitted_at,
        view.submitted_by_name,
    )


def may_read_form_files(actor: Actor, view: SubmissionView) -> bool:
    """Who may open what was handed in with the form of a claim: who sees the claim, once it is that claim's, and
    experts while they score it.
    """
    number = view.subject.removeprefix(form_subject(0)[:-1])
    if not number.isdigit():
        return False
    claim = Claim.objects.filter(pk=int(number), submission_id=view.id)
    if may_score_claim(actor, int(number)):
        return claim.exists()
    return (actor.may(OWN) or actor.may(VIEW)) and visible(actor).filter(pk__in=claim).exists()


@transaction.atomic
def keep_form(*, actor: Actor, claim_id: int, submission_id: int, now: datetime) -> None:
    """Keep what was filled in with the draft, in place of an earlier filling. What the representative confirmed is not
    this any more. Raises ClaimNotFound, NotPossibleNow, SubmissionNotFound, InvalidClaim.
    """
    claim = load(actor, claim_id, OWN)
    CLAIM.after(claim.state, "saved")
    terms = terms_for(claim.item_code)
    view = get_submission(actor=actor, submission_id=submission_id)
    if view.form_code != terms.form_code or view.subject != form_subject(claim.pk):
        raise InvalidClaim(
            "that is not the form this claim asks for",
            message_zh="这不是该申请要求填写的表单",
            field="form",
            value=submission_id,
        )
    claim.submission_id = view.id
    claim.confirmed_by_representative_at = None
    move(claim, "saved", actor=actor, now=now, reason=get_form(view.form_code).name)


def ensure_filled(claim: Claim, terms: ItemTerms) -> None:
    """That the form of the terms is filled in. Raises InvalidClaim."""
    if not terms.form_code:
        return
    view = get_submission(actor=PLATFORM, submission_id=claim.submission_id) if claim.submission_id else None
    if view is None or view.form_code != terms.form_code:
        name = get_form(terms.form_code).name
        raise InvalidClaim(
            f"the form {name} is not filled in",
            message_zh=f"请先填写“{name}”",
            field="form",
            value=terms.form_code,
        )


def check_form(code: str) -> None:
    """That a form is published, and no process sets its fields.

    Raises InvalidTerms.
    """
    if not code:
        return
    try:
        version = get_form(code)
    except (FormNotFound, VersionNotFound):
        raise InvalidTerms(
            f"no form {code} is published",
            message_zh=f"没有已发布的表单“{code}”",
            field="form_code",
            value=code,
        ) from None
    if any(each.read_only for each in version.fields.values()):
        raise InvalidTerms(
            f"the form {version.name} has fields that a process sets; choose one that the enterprise fills in",
            message_zh=f"表单“{version.name}”含由流程填写的内容，不能用于兑现；请选择由企业填写的表单",
            field="form_code",
            value=code,
        )


def forms_for_claims() -> tuple[tuple[str, str], ...]:
    """(code, name) of the published forms that claims can ask for."""
    found = []
    for each in forms(actor=PLATFORM, per_page=200).rows:
        try:
            check_form(each.code)
        except InvalidTerms:
            continue
        found.append((each.code, each.name))
    return tuple(found)
