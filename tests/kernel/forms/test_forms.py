"""Forms and their versions, filling in, drafts, submissions."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict

from tests.kernel.access.factories import (
    NANGANG,
    NOW,
    QIQIHAR,
    SYSTEM,
    administrator,
    clerk_of,
    enterprise,
    legal_representative_of,
    no_event,
    official,
    one_event,
)
from tests.kernel.forms.factories import POWERS, a_form, a_layout, a_schema, an_enterprise, defaults
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.forms import api
from yingshang.kernel.forms.attachments import owner_of
from yingshang.kernel.forms.models import FormDraft, Submission
from yingshang.kernel.forms.selectors import may_read_files

pytestmark = pytest.mark.django_db

ROLES = (
    "window_official",
    "department_official",
    "policy_author",
    "treasurer",
    "supervisor",
    "leader",
    "operator",
    "auditor",
)
GOOD = {
    "name": "演示企业",
    "purpose": "loan",
    "bank": "演示银行",
    "amount": "1234.50",
    "agreed": True,
    "lines": [{"what": "设备", "cost": "10.00"}],
    "tags": ["a", "c"],
}


def problems(data: dict[str, Any], version: api.FormVersionView) -> dict[str, str]:
    return {each.field: each.code for each in api.validate(version, data, today=date(2026, 11, 23))}


# --- forms and versions -----------------------------------------------------------------------------------------------


def test_the_forms_that_come_along_are_published_once_and_never_overwritten() -> None:
    with one_event("forms.published"):
        assert defaults() == ("fact_objection",)
    with no_event():
        assert defaults() == ()
    version = api.get_form("fact_objection")
    assert (version.number, version.state, version.name_en) == (
        1,
        "published",
        "Objection to a fact held on the enterprise",
    )
    changed = {**version.schema, "description": "人改过的"}
    api.save_form_draft(actor=SYSTEM, code="fact_objection", schema=changed, layout=version.layout, now=NOW)
    api.publish_form(actor=SYSTEM, code="fact_objection", now=NOW)
    assert defaults() == ()
    assert api.get_form("fact_objection").schema["description"] == "人改过的"


def test_a_form_from_its_first_draft_to_its_second_version() -> None:
    who = administrator().actor()
    with one_event("forms.created"):
        api.create_form(
            actor=who, code="visit", name="走访登记", name_en="Visit", region_path="2301", now=NOW
        )
    with pytest.raises(api.VersionNotFound):
        api.get_form("visit")
    schema = a_schema()
    with one_event("forms.draft_saved"):
        draft = api.save_form_draft(actor=who, code="visit", schema=schema, layout=a_layout(schema), now=NOW)
    with one_event("forms.published"):
        first = api.publish_form(actor=who, code="visit", now=NOW, note="第一版")
    assert (draft.number, first.number, api.get_form("visit").digest) == (1, 1, first.digest)
    with no_event(), pytest.raises(api.NothingToPublish):
        api.publish_form(actor=who, code="visit", now=NOW)
    second = api.save_form_draft(
        actor=who, code="visit", schema=schema, layout=a_layout(schema), now=NOW, expected_revision=0
    )
    with no_event(), pytest.raises(api.NothingToPublish):
        api.publish_form(actor=who, code="visit", now=NOW)
    schema["properties"]["note"]["maxLength"] = 50
    with no_event(), pytest.raises(api.EditConflict):
        api.save_form_draft(
            actor=who, code="visit", schema=schema, layout=a_layout(schema), now=NOW, expected_revision=0
        )
    api.save_form_draft(
        actor=who,
        code="visit",
        schema=schema,
        layout=a_layout(schema),
        now=NOW,
        expected_revision=second.revision,
        name="走访登记表",
    )
    assert api.get_form("visit").number == 1
    assert api.publish_form(actor=who, code="visit", now=NOW).number == 2
    assert api.get_form("visit", number=1).fields["note"].schema["maxLength"] == 500
    assert api.get_form("visit").name == "走访登记表"
    assert [each.number for each in api.form_versions(actor=who, code="visit")] == [2, 1]
    api.save_form_draft(actor=who, code="visit", schema=schema, layout=a_layout(schema), now=NOW)
    with one_event("forms.draft_discarded"):
        api.discard_form_draft(actor=who, code="visit", now=NOW)
    with no_event(), pytest.raises(api.NothingToPublish):
        api.discard_form_draft(actor=who, code="visit", now=NOW)


def test_a_bad_form_is_refused_with_every_finding_and_its_place() -> None:
    version = a_form()
    schema = a_schema(a={"type": "string", "$ref": "https://example.org/a.json"}, b={"type": "number"})
    with no_event(), pytest.raises(api.InvalidForm) as refused:
        api.save_form_draft(actor=SYSTEM, code=version.code, schema=schema, layout=a_layout(schema), now=NOW)
    places = [each["place"] for each in refused.value.details["findings"]]
    assert places == ["/schema/properties/a/$ref", "/schema/properties/b/type"]


@pytest.mark.parametrize(
    ("code", "name", "name_en"),
    [("Bad", "名", "n"), ("a b", "名", "n"), ("loan", "名", "n"), ("x", "", "n"), ("x", "名", "")],
)
def test_codes_and_names_that_will_not_do(code: str, name: str, name_en: str) -> None:
    a_form()
    with no_event(), pytest.raises(api.InvalidForm):
        api.create_form(actor=SYSTEM, code=code, name=name, name_en=name_en, region_path="2301", now=NOW)


@pytest.mark.parametrize("role", ROLES)
def test_forms_are_managed_by_administrators_only(role: str) -> None:
    a_form()
    who = official(role).actor()
    for attempt in (
        lambda: api.forms(actor=who),
        lambda: api.form_versions(actor=who, code="loan"),
        lambda: api.create_form(actor=who, code="x", name="名", name_en="n", region_path="230102", now=NOW),
        lambda: api.save_form_draft(actor=who, code="loan", schema=a_schema(), layout={}, now=NOW),
        lambda: api.publish_form(actor=who, code="loan", now=NOW),
        lambda: api.discard_form_draft(actor=who, code="loan", now=NOW),
    ):
        with no_event(), pytest.raises(NotAllowed):
            attempt()


def test_an_administrator_of_elsewhere_does_not_see_the_form() -> None:
    a_form()
    elsewhere = administrator(QIQIHAR).actor()
    assert api.forms(actor=elsewhere).total == 0
    with pytest.raises(api.FormNotFound):
        api.form_versions(actor=elsewhere, code="loan")
    with no_event(), pytest.raises(api.FormNotFound):
        api.publish_form(actor=elsewhere, code="loan", now=NOW)
    with no_event(), pytest.raises(api.InvalidForm):
        api.create_form(actor=elsewhere, code="x", name="名", name_en="n", region_path="2301", now=NOW)
    assert api.forms(actor=administrator().actor(), text="演示").total == 1


def test_what_is_published_stays_whoever_asks() -> None:
    a_form()
    for statement in (
        "UPDATE yingshang_forms_formversion SET schema = '{}'",
        "UPDATE yingshang_forms_formversion SET state = 'draft'",
        "DELETE FROM yingshang_forms_formversion",
    ):
        with (
            pytest.raises(IntegrityError, match="published version"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


# --- judging what was filled in ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {}),
        ({"bank": None}, {"bank": "required"}),
        ({"bank": None, "purpose": "other"}, {}),
        ({"purpose": None}, {"purpose": "required"}),
        ({"purpose": "holiday"}, {"purpose": "enum"}),
        ({"branch": "一支行"}, {}),
        ({"purpose": "other", "bank": None, "branch": "一支行"}, {"bank": "required"}),
        ({"amount": "0.00"}, {"amount": "x-minimum"}),
        ({"amount": "1000000.01"}, {"amount": "x-maximum"}),
        ({"amount": "1.234"}, {"amount": "format"}),
        ({"amount": 12}, {"amount": "type"}),
        ({"amount": "-0"}, {"amount": "x-minimum"}),
        ({"amount": "1e5"}, {"amount": "format"}),
        ({"amount": "9" * 400}, {"amount": "format"}),
        ({"wanted_on": "2026-11-23"}, {}),
        ({"wanted_on": "2026-11-22"}, {"wanted_on": "x-minimum"}),
        ({"wanted_on": "2026-02-30"}, {"wanted_on": "format"}),
        ({"number": "AB-1234"}, {}),
        ({"number": "AB-1234\n"}, {"number": "pattern"}),
        ({"number": "A" * 5000}, {"number": "pattern"}),
        ({"code": "91230102MA1AAAAAA1"}, {"code": "format"}),
        ({"person": "230102199002300011"}, {"person": "format"}),
        ({"phone": "12345"}, {"phone": "format"}),
        ({"phone": "0451-12345678"}, {}),
        ({"agreed": False}, {"agreed": "const"}),
        ({"staff": -1}, {"staff": "minimum"}),
        ({"staff": True}, {"staff": "type"}),
        ({"tags": ["a", "z"]}, {"tags": "enum"}),
        ({"tags": ["a", "b", "c"]}, {"tags": "maxItems"}),
        ({"lines": [{"what": "x", "cost": "1"}, {"what": "y"}]}, {"lines": "required"}),
        ({"lines": [{"what": "x", "cost": "-1"}]}, {"lines": "x-minimum"}),
        ({"lines": [{"what": "x", "cost": "1"}] * 4}, {"lines": "maxItems"}),
        ({"nothing": "x"}, {"": "unknown"}),
        ({"note": "长" * 501}, {"note": "maxLength"}),
        ({"note": "a\x00b"}, {"note": "characters"}),
        ({"note": "a\ud800b"}, {"note": "characters"}),
        ({"papers": [{"document": 1, "name": "a", "size": 1}] * 3}, {"papers": "x-file"}),
        ({"papers": ["a"]}, {"papers": "x-file"}),
    ],
)
def test_every_rule_is_told_at_its_field(change: dict[str, Any], expected: dict[str, str]) -> None:
    version = a_form()
    data = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    assert problems(data, version) == expected


def test_problems_speak_both_languages_and_name_the_row() -> None:
    version = a_form()
    data = {**GOOD, "lines": [{"what": "x", "cost": "1"}, {"what": "y"}], "number": "x"}
    found = {each.field: each for each in api.validate(version, data)}
    assert (found["lines"].row, found["lines"].column) == (1, "cost")
    assert found["number"].text("zh-hans") == "编号形如 AB-1234。"
    assert found["number"].text("en") == "A number is like AB-1234."
    assert found["lines"].text("zh-hans") == "请填写费用。"


def test_data_that_is_no_data_is_answered() -> None:
    version = a_form()
    for data in ([], "x", None, {"note": float("nan")}, {"note": "x" * 600_000}, {"note": object()}):
        assert api.validate(version, data)[0].code in ("type", "size")  # type: ignore[arg-type]
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert api.validate(version, {"lines": deep})


# --- the Django form --------------------------------------------------------------------------------------------------


def sent(**values: Any) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name.replace("__", "-"), value if isinstance(value, list) else [value])
    return data


def test_what_people_type_is_tidied_and_judged_by_the_schema() -> None:
    version = a_form()
    form = api.build_form(
        version,
        data=sent(
            name=" 演示企业 ",
            purpose="loan",
            bank="演示银行",
            amount="１，２３４.5 元",
            wanted_on="2026年12月1日",
            staff="1,200",
            agreed="true",
            tags=["a"],
            lines__0__what="设备",
            lines__0__cost="10",
            lines__1__what="",
            lines__1__cost="",
            note="一\r\n二",
        ),
        today=date(2026, 11, 23),
    )
    assert form.is_valid(), form.errors
    assert form.values == {
        "name": "演示企业",
        "purpose": "loan",
        "bank": "演示银行",
        "amount": "1234.50",
        "wanted_on": "2026-12-01",
        "staff": 1200,
        "agreed": True,
        "tags": ["a"],
        "lines": [{"what": "设备", "cost": "10.00"}],
        "note": "一\n二",
    }


def test_problems_stand_at_their_fields_in_the_language_of_the_page() -> None:
    version = a_form()
    data = sent(purpose="loan", amount="viel", staff="many", lines__4__what="x")
    form = api.build_form(version, data=data, language="en")
    assert not form.is_valid()
    assert form.errors["bank"] == ["Fill this in."]
    assert form.errors["staff"] == ["Write a whole number."]
    assert form.errors["lines"] == ["Row 1, Cost: Fill this in."]
    assert form.errors["name"] == ["Fill this in."]
    assert "decimal places" in form.errors["amount"][0]
    chinese = api.build_form(version, data=data)
    assert chinese.errors["bank"] == ["请填写银行。"]
    assert 'aria-invalid="true"' in str(chinese["lines"])


def test_read_only_fields_take_nothing_from_who_fills_in() -> None:
    defaults()
    version = api.get_form("fact_objection")
    data = sent(
        fact="ent.size",
        kind="wrong",
        claimed_value="1",
        reason="这是十个字以上的理由啊",
        contact_name="演示",
        contact_phone="13800000000",
    )
    form = api.build_form(version, data=data, fixed={"fact": "emp.insured_count"})
    assert form.is_valid(), form.errors
    assert form.values["fact"] == "emp.insured_count"
    assert not api.build_form(version, data=data).is_valid()


def test_what_is_not_asked_for_is_left_out_and_not_missed() -> None:
    schema = a_schema(
        a={"type": "string", "enum": ["x", "y"], "x-labels-en": {"x": "X", "y": "Y"}}, b={"type": "string"}
    )
    schema["required"] = ["a", "b"]
    version = a_form(schema=schema, b='a = "x"')
    hidden = api.build_form(version, data=sent(a="y", b="typed before"))
    assert hidden.is_valid(), hidden.errors
    assert hidden.values == {"a": "y"}
    assert hidden.everything == {"a": "y", "b": "typed before"}
    assert not api.build_form(version, data=sent(a="x")).is_valid()


# --- prefilling -------------------------------------------------------------------------------------------------------


def test_fields_begin_with_facts_and_with_the_last_submission() -> None:
    version = a_form()
    party, clerk = an_enterprise(**{"emp.insured_count": 42})
    first = api.prefill(actor=clerk.actor(), form=version, party_id=party.pk, now=NOW)
    assert (first["staff"].value, first["staff"].from_, first["staff"].as_of) == (
        42,
        "fact",
        date(2026, 11, 1),
    )
    assert first["staff"].source
    assert first["name"].value == party.name
    assert first["code"].value == party.credit_code
    assert "bank" not in first
    api.submit(
        actor=clerk.actor(),
        form_code="loan",
        party_id=party.pk,
        subject="s",
        now=NOW,
        data={**GOOD, "staff": 40, "phone": "13800000000"},
    )
    second = api.prefill(actor=clerk.actor(), form=version, party_id=party.pk, now=NOW)
    assert (second["bank"].value, second["bank"].from_) == ("演示银行", "submission")
    assert second["phone"].value == "13800000000"
    colleague = clerk_of(party, POWERS)
    shared = api.prefill(actor=colleague.actor(), form=version, party_id=party.pk, now=NOW)
    assert "bank" in shared and "phone" not in shared, "the number of a colleague stays theirs"


def test_a_value_the_field_would_refuse_is_not_offered() -> None:
    schema = a_schema(
        staff={"type": "integer", "maximum": 10, "x-fact": "emp.insured_count"},
        size={"type": "string", "enum": ["big"], "x-labels-en": {"big": "Big"}, "x-fact": "ent.size"},
    )
    version = a_form(schema=schema)
    party, clerk = an_enterprise(**{"emp.insured_count": 42, "ent.size": "小型"})
    assert api.prefill(actor=clerk.actor(), form=version, party_id=party.pk, now=NOW) == {}


def test_another_enterprise_does_not_exist() -> None:
    version = a_form()
    _, clerk = an_enterprise()
    other = enterprise(NANGANG)
    who = clerk.actor()
    for attempt in (
        lambda: api.prefill(actor=who, form=version, party_id=other.pk, now=NOW),
        lambda: api.save_draft(actor=who, form_code="loan", subject="s", party_id=other.pk, data={}, now=NOW),
        lambda: api.get_draft(actor=who, form_code="loan", subject="s", party_id=other.pk),
        lambda: api.discard_draft(actor=who, form_code="loan", subject="s", party_id=other.pk, now=NOW),
        lambda: api.submit(actor=who, form_code="loan", subject="s", party_id=other.pk, data=GOOD, now=NOW),
        lambda: api.submissions(actor=who, party_id=other.pk),
    ):
        with no_event(), pytest.raises(api.NotYourParty):
            attempt()
    weak = clerk_of(other, ("parties.view_own",)).actor()
    for role in (weak, official("window_official").actor(), administrator().actor()):
        with no_event(), pytest.raises(NotAllowed):
            api.submit(actor=role, form_code="loan", subject="s", party_id=other.pk, data=GOOD, now=NOW)


# --- drafts -----------------------------------------------------------------------------------------------------------


def _save(who: Any, party: Any, data: dict[str, Any], **more: Any) -> api.DraftView:
    return api.save_draft(
        actor=who, form_code="loan", subject="s", party_id=party.pk, data=data, now=NOW, **more
    )


def test_drafts_are_kept_as_typed_and_apart() -> None:
    a_form()
    party, clerk = an_enterprise()
    who = clerk.actor()
    first = _save(who, party, {"amount": "viel", "nothing": 1}, expected_revision=0)
    assert (first.data, first.revision) == ({"amount": "viel"}, 1)
    assert _save(who, party, {"amount": "viel"}, expected_revision=1).revision == 1, "nothing changed"
    assert _save(who, party, {"amount": "12"}, expected_revision=1).revision == 2
    assert (
        api.get_draft(actor=clerk_of(party, POWERS).actor(), form_code="loan", subject="s", party_id=party.pk)
        is None
    )
    assert [each.subject for each in api.drafts(actor=who)] == ["s"]
    raw = FormDraft.objects.extra(select={"raw": "data"}).values_list("raw", flat=True)[0]
    assert "12" not in str(raw) or "amount" not in str(raw), "what people type lies encrypted"
    api.discard_draft(actor=who, form_code="loan", subject="s", party_id=party.pk, now=NOW)
    with pytest.raises(api.DraftNotFound):
        api.discard_draft(actor=who, form_code="loan", subject="s", party_id=party.pk, now=NOW)


def test_two_windows_notice_each_other_and_nothing_is_lost() -> None:
    a_form()
    party, clerk = an_enterprise()
    who = clerk.actor()
    _save(who, party, {"bank": "一"}, expected_revision=0)
    _save(who, party, {"bank": "二"}, expected_revision=1)
    with pytest.raises(api.DraftConflict) as conflict:
        _save(who, party, {"bank": "三"}, expected_revision=1)
    assert conflict.value.details["revision"] == 2
    mine = _save(who, party, {"bank": "三"}, expected_revision=1, prevail=True)
    assert (mine.data, mine.displaced) == ({"bank": "三"}, {"bank": "二"})
    back = api.take_back_displaced(actor=who, form_code="loan", subject="s", party_id=party.pk, now=NOW)
    assert (back.data, back.displaced) == ({"bank": "二"}, {"bank": "三"})


def test_a_draft_has_bounds() -> None:
    a_form()
    party, clerk = an_enterprise()
    for data, subject in (({"note": "x" * 600_000}, "s"), ({"note": float("nan")}, "s"), ({}, "s" * 200)):
        with pytest.raises(api.TooLarge):
            api.save_draft(
                actor=clerk.actor(), form_code="loan", subject=subject, party_id=party.pk, data=data, now=NOW
            )


# --- submitting -------------------------------------------------------------------------------------------------------


def test_a_submission_keeps_its_version_its_sources_and_what_was_changed() -> None:
    version = a_form()
    party, clerk = an_enterprise(**{"emp.insured_count": 42})
    who = clerk.actor()
    _save(who, party, {"bank": "一"})
    with one_event("forms.submitted") as events:
        view = api.submit(
            actor=who,
            form_code="loan",
            party_id=party.pk,
            subject="s",
            now=NOW,
            data={**GOOD, "staff": 40, "name": party.name, "phone": "13800000000"},
        )
    assert (view.version, view.sources["staff"].value, view.sources["staff"].changed) == (1, 42, True)
    assert not view.sources["name"].changed
    assert api.get_draft(actor=who, form_code="loan", subject="s", party_id=party.pk) is None
    told = json.dumps(events[0]["after"], ensure_ascii=False)
    assert "13800000000" not in told and "演示银行" not in told and view.digest in told
    schema = a_schema(bank={"type": "string", "x-labels": {}})
    schema["properties"]["bank"] = {"type": "string", "title": "开户行", "x-title-en": "Account at"}
    api.save_form_draft(actor=SYSTEM, code="loan", schema=schema, layout=a_layout(schema), now=NOW)
    api.publish_form(actor=SYSTEM, code="loan", now=NOW)
    rows = dict(api.submission_rows(api.get_submission(actor=who, submission_id=view.id), "zh-hans"))
    assert (
        rows["银行"] == "演示银行"
        and rows["金额"] == "1,234.50 元"
        and rows["明细"] == "名目：设备；费用：10.00 元"
    )
    masked = dict(api.submission_rows(view, "en", personal=False))
    assert masked["Telephone"] == "138******00" and masked["Kinds"] == "A, C"
    assert version.number == 1


def test_what_is_wrong_is_refused_as_a_whole() -> None:
    a_form()
    party, clerk = an_enterprise()
    with no_event(), pytest.raises(api.InvalidSubmission) as refused:
        api.submit(
            actor=clerk.actor(),
            form_code="loan",
            party_id=party.pk,
            subject="s",
            data={"purpose": "loan"},
            now=NOW,
        )
    assert {each["field"] for each in refused.value.details["problems"]} == {"name", "bank", "amount"}
    assert not Submission.objects.exists()


def test_the_same_submission_twice_is_one() -> None:
    a_form()
    party, clerk = an_enterprise()
    key = "7b0c4d1e-3f1b-4a51-9d8c-0d8ad3e0a001"
    arguments: Any = {
        "actor": clerk.actor(),
        "form_code": "loan",
        "party_id": party.pk,
        "subject": "s",
        "now": NOW,
        "key": key,
    }
    first = api.submit(data=GOOD, **arguments)
    with no_event():
        again = api.submit(data={**GOOD, "bank": "另一家"}, **arguments)
    assert (again.id, again.repeated, again.values["bank"]) == (first.id, True, "演示银行")
    with no_event(), pytest.raises(api.SubmissionNotFound):
        api.submit(data=GOOD, **{**arguments, "subject": "other"})


def test_submissions_are_read_by_whom_they_concern() -> None:
    a_form()
    party, clerk = an_enterprise()
    view = api.submit(
        actor=clerk.actor(), form_code="loan", party_id=party.pk, subject="case:7", data=GOOD, now=NOW
    )
    assert (
        api.get_submission(actor=legal_representative_of(party).actor(), submission_id=view.id).id == view.id
    )
    assert api.get_submission(actor=SYSTEM, submission_id=view.id).id == view.id
    stranger = clerk_of(enterprise(NANGANG), POWERS).actor()
    window = official("window_official").actor()
    for who in (stranger, window):
        with pytest.raises(api.SubmissionNotFound):
            api.get_submission(actor=who, submission_id=view.id)
    api.register_reader(
        "loan", lambda actor, submission: submission.subject == "case:7" and actor.is_official
    )
    assert api.get_submission(actor=window, submission_id=view.id).values["bank"] == "演示银行"
    with pytest.raises(api.SubmissionNotFound):
        api.get_submission(actor=stranger, submission_id=view.id)
    assert [each.id for each in api.submissions(actor=clerk.actor(), party_id=party.pk)] == [view.id]


def test_what_was_submitted_stays() -> None:
    a_form()
    party, clerk = an_enterprise()
    view = api.submit(
        actor=clerk.actor(), form_code="loan", party_id=party.pk, subject="s", data=GOOD, now=NOW
    )
    for statement in (
        "UPDATE yingshang_forms_submission SET subject = 'x'",
        "DELETE FROM yingshang_forms_submission",
    ):
        with (
            pytest.raises(IntegrityError, match="a submission is never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    api.note_outcome(actor=clerk.actor(), submission_id=view.id, outcome="/objections/1/", now=NOW)
    assert api.get_submission(actor=clerk.actor(), submission_id=view.id).outcome == "/objections/1/"


def test_queries_do_not_grow(django_assert_max_num_queries: Any) -> None:
    a_form()
    party, clerk = an_enterprise()
    who = clerk.actor()
    for number in range(5):
        api.submit(actor=who, form_code="loan", party_id=party.pk, subject=f"s{number}", data=GOOD, now=NOW)
    version = api.get_form("loan")
    with django_assert_max_num_queries(9):
        api.prefill(actor=who, form=version, party_id=party.pk, now=NOW)
    manager = administrator().actor()
    with django_assert_max_num_queries(4):
        api.forms(actor=manager)


def test_the_key_of_a_filling_does_not_open_its_files_to_who_submits_under_it() -> None:
    a_form()
    _, author = an_enterprise()
    other_party, thief = an_enterprise()
    key = str(uuid4())
    files = owner_of(author.actor(), key).identifier
    assert may_read_files(author.actor(), files)
    api.submit(
        actor=thief.actor(),
        form_code="loan",
        party_id=other_party.pk,
        subject="",
        data=GOOD,
        now=NOW,
        key=key,
    )
    assert not may_read_files(thief.actor(), files)
    assert may_read_files(thief.actor(), owner_of(thief.actor(), key).identifier)
    assert may_read_files(author.actor(), files)
