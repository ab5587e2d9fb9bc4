"""A form behind a claim, and materials the register already knows."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.areas.claims.factories import account_of, desk, draft_claim, due_enterprise, terms
from tests.areas.claims.test_applying import PNG
from tests.kernel.access.factories import NOW, QIQIHAR, SYSTEM, no_event, official, one_event
from tests.kernel.forms.factories import SCHEMA
from tests.kernel.parties.factories import told
from yingshang.areas.claims.actions.add_material import use_known
from yingshang.areas.claims.actions.submit_claim import submit_claim
from yingshang.areas.claims.claim_forms import filled_form, form_subject, keep_form
from yingshang.areas.claims.drafts import draft_of
from yingshang.areas.claims.errors import InvalidClaim, InvalidTerms
from yingshang.areas.claims.models import ClaimMaterial
from yingshang.kernel.documents.api import DocumentNotFound, get_document
from yingshang.kernel.forms.api import (
    InvalidSubmission,
    create_form,
    get_submission,
    publish_form,
    save_form_draft,
    submit,
)

pytestmark = pytest.mark.django_db

ASKED = ("name", "staff", "purpose", "amount")
FORM = "claim_purpose"
CERTIFICATE = {
    "code": "certificate",
    "name": "高新技术企业证书",
    "required": True,
    "fact": "ent.qualification",
    "value": "高新技术企业",
}


def published_form(code: str = FORM, **more: Any) -> str:
    """A form of four fields, two of which are known of every enterprise."""
    properties = {name: SCHEMA["properties"][name] for name in ASKED}
    schema = {
        "$schema": SCHEMA["$schema"],
        "type": "object",
        "required": ["purpose", "amount"],
        "properties": {**properties, **more},
    }
    section = {
        "code": "all",
        "name": "资金用途",
        "name_en": "Purpose",
        "fields": [{"field": name} for name in schema["properties"]],
    }
    create_form(actor=SYSTEM, code=code, name="资金用途说明", name_en="Purpose", region_path="", now=NOW)
    save_form_draft(actor=SYSTEM, code=code, schema=schema, layout={"sections": [section]}, now=NOW)
    publish_form(actor=SYSTEM, code=code, now=NOW)
    return code


def test_a_form_is_prefilled_judged_and_kept_with_the_claim() -> None:
    people = desk()
    claim = draft_claim(form_code=published_form())
    actor, account = claim.who.actor(), account_of(claim.party, claim.who)
    draft = draft_of(actor=actor, claim_id=claim.id, now=NOW)
    assert draft.form is not None
    assert (draft.form.submission_id, draft.form.known, draft.form.fields) == (None, 2, 4)
    with no_event(), pytest.raises(InvalidClaim) as refusal:
        submit_claim(actor=actor, claim_id=claim.id, account_id=account, now=NOW)
    assert refusal.value.details["field"] == "form" and "资金用途说明" in (refusal.value.message_zh or "")

    def fill(subject: str = form_subject(claim.id), **data: Any) -> int:
        values = {"name": claim.party.name, "staff": 12, "purpose": "loan", "amount": "10.00", **data}
        return submit(
            actor=actor, form_code=FORM, party_id=claim.party.pk, subject=subject, data=values, now=NOW
        ).id

    with pytest.raises(InvalidSubmission):
        fill(purpose="nothing that can be chosen")
    other = fill(form_subject(claim.id + 1))
    with no_event(), pytest.raises(InvalidClaim):
        keep_form(actor=actor, claim_id=claim.id, submission_id=other, now=NOW)
    filled = fill(staff=13)
    with one_event("claims.saved"):
        keep_form(actor=actor, claim_id=claim.id, submission_id=filled, now=NOW)
    draft = draft_of(actor=actor, claim_id=claim.id, now=NOW)
    assert draft.form is not None and draft.form.known == 1, "what was changed was typed"
    assert submit_claim(actor=actor, claim_id=claim.id, account_id=account, now=NOW) == "accepting"
    row = claim.row
    assert (row.submission_id, row.fields) == (filled, draft.prefill.fields)
    shown = filled_form(actor=people.reviewer.actor(), claim_id=claim.id)
    assert shown is not None and ("用途", "贷款") in shown.rows


def test_what_a_form_takes_in_as_files_is_opened_by_who_sees_its_claim(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"
    people = desk()
    rule = {"types": ["png"], "max_bytes": 100_000, "max_files": 1}
    files = {"type": "array", "title": "附件", "x-title-en": "Files", "x-file": rule}
    claim = draft_claim(form_code=published_form(files=files))
    actor, account = claim.who.actor(), account_of(claim.party, claim.who)

    def fill(subject: str) -> int:
        return submit(
            actor=actor,
            form_code=FORM,
            party_id=claim.party.pk,
            subject=subject,
            data={"name": claim.party.name, "staff": 12, "purpose": "loan", "amount": "10.00"},
            files={"files": [SimpleUploadedFile("用途.png", PNG)]},
            now=NOW,
        ).id

    other, filled = fill(form_subject(claim.id)), fill(form_subject(claim.id))
    keep_form(actor=actor, claim_id=claim.id, submission_id=filled, now=NOW)
    submit_claim(actor=actor, claim_id=claim.id, account_id=account, now=NOW)
    reviewer = people.reviewer.actor()
    shown = filled_form(actor=reviewer, claim_id=claim.id)
    assert shown is not None
    [(label, document, name)] = shown.files
    assert (label, name) == ("附件", "用途.png") and "附件" not in dict(shown.rows)
    assert get_document(actor=reviewer, document_id=document).name == name
    # What was filled in and is not the claim's is nobody else's; nor does anybody else open what is.
    [unused] = get_submission(actor=actor, submission_id=other).documents
    elsewhere = official("department_official", QIQIHAR).actor()
    for who, number in ((reviewer, unused), (elsewhere, document), (due_enterprise()[1].actor(), document)):
        with pytest.raises(DocumentNotFound):
            get_document(actor=who, document_id=number)


def test_a_form_that_a_process_fills_in_or_none_at_all_is_no_form_for_claims() -> None:
    claim = draft_claim()
    published_form(
        "of_process", file_number={"type": "string", "title": "文号", "x-title-en": "No.", "readOnly": True}
    )
    for wrong in ("of_process", "unknown"):
        with no_event(), pytest.raises(InvalidTerms) as refusal:
            terms(fund_id=claim.fund_id, form_code=wrong)
        assert refusal.value.details["field"] == "form_code"
    for fact in ("no.such.fact", "person.identity_number"):
        with no_event(), pytest.raises(InvalidTerms):
            terms(fund_id=claim.fund_id, materials=[{**CERTIFICATE, "fact": fact}])


def test_a_certificate_the_register_knows_is_not_asked_for() -> None:
    desk()
    claim = draft_claim(materials=[CERTIFICATE])
    actor, account = claim.who.actor(), account_of(claim.party, claim.who)
    [asked] = draft_of(actor=actor, claim_id=claim.id, now=NOW).materials
    assert asked.known is None
    with no_event(), pytest.raises(InvalidClaim):
        use_known(actor=actor, claim_id=claim.id, code="certificate", now=NOW)

    def register(*held: str) -> None:
        told(
            [
                {
                    "subject": claim.party.credit_code,
                    "name": claim.party.name,
                    "ent.qualification": ";".join(held),
                }
            ],
            source="省科技厅",
        )

    register("科技型中小企业", "高新技术企业")
    before = draft_of(actor=actor, claim_id=claim.id, now=NOW)
    [asked] = before.materials
    assert asked.known is not None and "高新技术企业" in asked.known.text
    assert asked.known.source == "省科技厅"
    with one_event("claims.saved"):
        use_known(actor=actor, claim_id=claim.id, code="certificate", now=NOW)
    row = ClaimMaterial.objects.get()
    assert (row.origin, row.document_id) == ("licence", None) and "省科技厅" in row.said
    after = draft_of(actor=actor, claim_id=claim.id, now=NOW)
    assert after.prefill.known == before.prefill.known + 1
    # It is taken away before the claim is handed in: the paper is needed after all.
    register("科技型中小企业")
    with no_event(), pytest.raises(InvalidClaim) as refusal:
        submit_claim(actor=actor, claim_id=claim.id, account_id=account, now=NOW)
    assert "高新技术企业证书" in (refusal.value.message_zh or "")
    register("高新技术企业")
    assert submit_claim(actor=actor, claim_id=claim.id, account_id=account, now=NOW) == "accepting"
