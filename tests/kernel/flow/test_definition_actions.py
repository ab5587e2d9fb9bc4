"""Definitions: written, published, kept apart by region, loaded as defaults; cases carried over to a new version."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.kernel.access.factories import arranged, one_event
from tests.kernel.flow.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    STEPS,
    SYSTEM,
    Heard,
    Person,
    case_awaiting_verification,
    heard,
    ladders,
    official,
    one_flow_event,
    open_case,
    stored,
    task_at,
    window,
)
from tests.kernel.flow.flow_texts import FACT_OBJECTION, PLAIN, choice
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.flow import api
from yingshang.kernel.flow.actions import load_default_definitions
from yingshang.kernel.flow.models import Case, Definition, DefinitionVersion, Task
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.reference.api import get_region

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
DRAFT = FACT_OBJECTION.replace("code: fact_objection", "code: trial")

__all__ = ["heard"]


def administrator(region: str = HARBIN) -> Person:
    return official("administrator", region, "government")


def draft(
    actor: Any, text: str = DRAFT, code: str = "trial", region: str = HARBIN, **more: Any
) -> api.DefinitionDetail:
    return api.save_draft(
        actor=actor, code=code, steps=text, region_path=get_region(region).path, now=NOW, **more
    )


# --- writing ------------------------------------------------------------------------------------------------------


def test_a_flow_is_drafted_changed_and_published() -> None:
    ladders()
    actor = administrator().actor()
    with one_event("flow.definition_drafted") as events:
        first = draft(actor)
    assert first.draft is not None and first.draft.can_be_published and first.versions == ()
    assert (first.name, first.name_en, first.region_path) == (
        "事实异议办理",
        "Objection to a fact",
        get_region(HARBIN).path,
    )
    assert events[0]["after"]["written_as"] == "steps" and events[0]["target_id"] == "trial"
    draft(actor, DRAFT.replace("working_days: 5", "working_days: 4"))
    with one_event("flow.definition_published"):
        version = api.publish_version(actor=actor, code="trial", note="首次发布", now=LATER)
    assert (version.number, version.note) == (1, "首次发布")
    assert api.read_spec(version.spec).steps["verify"].term == {"working_days": 4}
    detail = api.get_definition(actor=actor, code="trial")
    assert detail.draft is None and [each.number for each in detail.versions] == [1]
    (row,) = api.definitions(actor=actor, text="异议")
    assert (row.code, row.published, row.has_draft, row.open_cases) == ("trial", 1, False, 0)


def test_a_published_version_is_not_changed_by_the_next() -> None:
    ladders()
    actor = administrator().actor()
    draft(actor)
    one = api.publish_version(actor=actor, code="trial", now=NOW)
    draft(actor, DRAFT.replace("name: 核实\n", "name: 复核\n"))
    two = api.publish_version(actor=actor, code="trial", now=LATER)
    assert (one.number, two.number) == (1, 2)
    assert api.get_definition_version(actor=actor, code="trial", number=1) == one
    assert "复核" in two.spec and "复核" not in one.spec


def test_a_diagram_can_be_the_draft_and_runs_under_the_code_of_the_definition() -> None:
    actor = administrator().actor()
    api.save_draft(actor=actor, code="drawn", bpmn=PLAIN, region_path=get_region(HARBIN).path, now=NOW)
    version = api.publish_version(actor=actor, code="drawn", now=NOW)
    assert api.read_spec(version.spec).code == "drawn" and version.steps == ""


def test_what_the_linter_refuses_stays_a_draft() -> None:
    actor = administrator().actor()
    bad = choice('__import__("os").system("id")')
    saved = api.save_draft(actor=actor, code="drawn", bpmn=bad, region_path=get_region(HARBIN).path, now=NOW)
    assert saved.draft is not None and not saved.draft.can_be_published
    before = AuditEvent.objects.count()
    with pytest.raises(api.CannotPublish) as refused:
        api.publish_version(actor=actor, code="drawn", now=NOW)
    assert refused.value.details["findings"] and AuditEvent.objects.count() == before
    assert not DefinitionVersion.objects.filter(state="published").exists()


def test_roles_ladders_and_forms_must_exist_to_publish() -> None:
    actor = administrator().actor()
    draft(
        actor,
        DRAFT.replace("role: department_official", "role: nobody").replace(
            "id: reply", "id: reply\n    form: none"
        ),
    )
    with pytest.raises(api.CannotPublish) as refused:
        api.publish_version(actor=actor, code="trial", now=NOW)
    text = refused.value.message
    assert "no role 'nobody'" in text and "no ladder" in text and "no form 'none'" in text


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"steps": "steps: ["}, api.InvalidSteps),
        ({"steps": FACT_OBJECTION}, api.InvalidSteps),
        ({"bpmn": "<a/>"}, api.InvalidDiagram),
        ({"bpmn": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'}, api.InvalidDiagram),
        ({}, api.InvalidDiagram),
        ({"steps": DRAFT, "bpmn": PLAIN}, api.InvalidDiagram),
    ],
)
def test_what_cannot_be_read_is_not_kept(more: dict[str, Any], error: type[Exception]) -> None:
    actor = administrator().actor()
    before = AuditEvent.objects.count()
    with pytest.raises(error):
        api.save_draft(actor=actor, code="trial", region_path=get_region(HARBIN).path, now=NOW, **more)
    assert not Definition.objects.exists() and AuditEvent.objects.count() == before


def test_a_code_is_plain() -> None:
    with pytest.raises(api.InvalidSteps):
        draft(administrator().actor(), code="../Trial")


def test_of_two_who_edit_the_second_is_told() -> None:
    actor = administrator().actor()
    opened = draft(actor).draft
    assert opened is not None
    api.save_draft(actor=actor, code="trial", steps=DRAFT + "\n", expected=opened.changed_at, now=LATER)
    with pytest.raises(api.DefinitionChanged):
        api.save_draft(actor=actor, code="trial", steps=DRAFT, expected=opened.changed_at, now=LATER)


def test_a_draft_is_thrown_away_and_with_it_a_flow_that_never_was() -> None:
    actor = administrator().actor()
    draft(actor)
    with one_event("flow.definition_discarded"):
        api.discard_definition_draft(actor=actor, code="trial", now=NOW)
    assert not Definition.objects.exists()
    with pytest.raises(api.DefinitionNotFound):
        api.get_definition(actor=actor, code="trial")


def test_without_a_draft_there_is_nothing_to_publish() -> None:
    ladders()
    actor = administrator().actor()
    draft(actor)
    api.publish_version(actor=actor, code="trial", now=NOW)
    for attempt in (api.publish_version, api.discard_definition_draft):
        with pytest.raises(api.NothingToPublish):
            attempt(actor=actor, code="trial", now=NOW)  # type: ignore[operator]


# --- who ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "role", ["window_official", "department_official", "supervisor", "leader", "auditor", "operator"]
)
def test_only_administrators_manage_flows(role: str) -> None:
    draft(administrator().actor())
    actor = official(role, HARBIN, "government").actor()
    for attempt in (
        lambda: draft(actor),
        lambda: api.publish_version(actor=actor, code="trial", now=NOW),
        lambda: api.discard_definition_draft(actor=actor, code="trial", now=NOW),
        lambda: api.definitions(actor=actor),
        lambda: api.get_definition(actor=actor, code="trial"),
        lambda: api.preview_definition(actor=actor, steps=DRAFT),
        lambda: api.migration_report(actor=actor, code="trial", to_version=1),
        lambda: api.migrate_case(actor=actor, case_id=1, to_version=1, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_a_flow_of_elsewhere_is_not_there() -> None:
    ladders()
    draft(administrator(HARBIN).actor())
    other = administrator(NANGANG).actor()
    assert api.definitions(actor=other) == ()
    for attempt in (
        lambda: draft(other),
        lambda: draft(other, code="trial2", text=DRAFT.replace("trial", "trial2"), region=HARBIN),
        lambda: api.get_definition(actor=other, code="trial"),
        lambda: api.publish_version(actor=other, code="trial", now=NOW),
    ):
        with pytest.raises(api.DefinitionNotFound):
            attempt()
    draft(other, code="trial2", text=DRAFT.replace("trial", "trial2"), region=NANGANG)
    assert [each.code for each in api.definitions(actor=administrator(HARBIN).actor())] == ["trial", "trial2"]


def test_lists_take_a_fixed_number_of_queries(django_assert_max_num_queries: Any) -> None:
    actor = administrator().actor()
    for number in range(5):
        draft(actor, code=f"trial{number}", text=DRAFT.replace("code: trial", f"code: trial{number}"))
    with django_assert_max_num_queries(2):
        assert len(api.definitions(actor=actor)) == 5


# --- previews and defaults ----------------------------------------------------------------------------------------


def test_a_preview_keeps_nothing() -> None:
    actor = administrator().actor()
    before = AuditEvent.objects.count()
    preview = api.preview_definition(actor=actor, steps=DRAFT)
    assert "核实" in api.draw(preview.bpmn)
    assert any("no ladder" in each.message for each in preview.findings)
    assert AuditEvent.objects.count() == before and not Definition.objects.exists()


def test_defaults_are_loaded_once_and_never_over_what_people_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_default_definitions, "_declared", [])
    ladders()
    with one_event("flow.definition_published"):
        assert api.load_defaults(actor=SYSTEM, region_path=get_region(HARBIN).path, now=NOW) == 1
    actor = administrator().actor()
    api.save_draft(
        actor=actor,
        code="fact_objection",
        steps=FACT_OBJECTION.replace("working_days: 5", "working_days: 4"),
        now=NOW,
    )
    api.publish_version(actor=actor, code="fact_objection", now=NOW)
    before = AuditEvent.objects.count()
    assert api.load_defaults(actor=SYSTEM, region_path=get_region(HARBIN).path, now=LATER) == 0
    assert AuditEvent.objects.count() == before
    newest = api.get_definition(actor=actor, code="fact_objection").versions[0].number
    assert newest == 2


def test_rooms_bring_flows_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(load_default_definitions, "_declared", [])
    file = tmp_path / "brought.yaml"
    file.write_text(FACT_OBJECTION.replace("code: fact_objection", "code: brought", 1), "utf-8")
    api.declare_flows(file)
    api.declare_flows(file)
    ladders()
    assert api.load_defaults(actor=SYSTEM, region_path=get_region(HARBIN).path, now=NOW) == 2
    assert api.get_definition(actor=administrator().actor(), code="brought").versions


def test_the_defaults_can_be_published_by_an_administrator_as_they_are() -> None:
    """They use no role, ladder or form the platform does not have."""
    ladders()
    preview = api.preview_definition(actor=administrator().actor(), steps=FACT_OBJECTION)
    assert [each for each in preview.findings if each.severity != "note"] == []


# --- the database knows too ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"spec": ""}, {"number": None}, {"published_at": None}])
def test_a_published_version_is_whole(change: dict[str, Any]) -> None:
    ladders()
    api.load_defaults(actor=SYSTEM, region_path="", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        DefinitionVersion.objects.update(**change)


def test_a_published_version_stays_as_it_is() -> None:
    ladders()
    api.load_defaults(actor=SYSTEM, region_path="", now=NOW)
    for attempt in (
        lambda: DefinitionVersion.objects.update(bpmn="<a/>"),
        lambda: DefinitionVersion.objects.update(state="draft", number=None, published_at=None),
        lambda: DefinitionVersion.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
            attempt()


# --- other versions -----------------------------------------------------------------------------------------------


def second_version(text: str) -> api.DefinitionVersionView:
    with arranged():
        Definition.objects.update(region_path=get_region(HARBIN).path)
    actor = administrator().actor()
    api.save_draft(actor=actor, code="sample", steps=text.format(code="sample"), now=NOW)
    return api.publish_version(actor=actor, code="sample", now=NOW)


def test_a_case_stays_on_its_version_until_it_is_carried_over(heard: Heard) -> None:
    case = case_awaiting_verification()
    verify = task_at(case, "verify")
    second_version(
        STEPS.replace("name: 核实", "name: 现场核实").replace(
            "- id: decide\n    name: 决定", "- id: decide\n    name: 审定"
        )
    )
    actor = administrator().actor()
    assert stored(case).version.number == 1
    report = api.migration_report(actor=actor, code="sample", to_version=2)
    (row,) = report.rows
    assert (report.total, report.possible, row.case_id, row.possible, row.version) == (1, 1, case.id, True, 1)
    assert sorted(row.ready_now) == sorted(row.ready_then) == ["verify", "visit"]
    with one_flow_event("flow.case_migrated"):
        api.migrate_case(actor=actor, case_id=case.id, to_version=2, reason="更正环节名称", now=LATER)
    assert stored(case).version.number == 2
    # Those who have the tasks keep them.
    assert task_at(case, "verify").pk == verify.pk and task_at(case, "verify").state == verify.state
    assert api.migration_report(actor=actor, code="sample", to_version=2).total == 0
    (listed,) = api.definitions(actor=actor)
    assert listed.open_cases == 1
    assert [
        (each.number, each.open_cases) for each in api.get_definition(actor=actor, code="sample").versions
    ] == [(2, 1), (1, 0)]


def test_a_case_goes_on_at_a_step_that_is_new(heard: Heard) -> None:
    case = case_awaiting_verification()
    extra = "  - {{id: check, name: 初审, who: {{role: window_official, agency: window}}}}\n  - parallel:\n"
    second_version(STEPS.replace("  - parallel:\n", extra))
    actor = administrator().actor()
    (row,) = api.migration_report(actor=actor, code="sample", to_version=2).rows
    assert row.ready_then == ("check",)
    api.migrate_case(actor=actor, case_id=case.id, to_version=2, now=LATER)
    assert task_at(case, "check").state == "ready"
    assert {task_at(case, "verify").state, task_at(case, "visit").state} == {"cancelled"}
    assert "task_ready" in heard.kinds
    # The steps done later go the new way.
    api.complete_task(actor=window().actor(), task_id=task_at(case, "check").pk, outcome="done", now=LATER)
    assert Task.objects.filter(case=case.id, step="verify", state="ready").exists()


def test_what_cannot_go_on_there_is_said_with_the_reason(heard: Heard) -> None:
    case = case_awaiting_verification()
    second_version(STEPS.replace("code: accepted, name: 受理", "code: taken, name: 收下"))
    actor = administrator().actor()
    (row,) = api.migration_report(actor=actor, code="sample", to_version=2).rows
    assert not row.possible and "accepted" in row.why("en") and "不存在" in row.why("zh-hans")
    before = Case.objects.values().get(pk=case.id)
    with pytest.raises(api.CannotMigrate, match="'accepted', which does not exist there"):
        api.migrate_case(actor=actor, case_id=case.id, to_version=2, now=LATER)
    assert Case.objects.values().get(pk=case.id) == before


def test_a_lane_nobody_was_named_for_holds_a_case_back(heard: Heard) -> None:
    open_case()
    third = STEPS.replace("lanes:\n", "lanes:\n  - {{code: fire, name: 消防}}\n").replace(
        "role: department_official, agency: bureau, not_same_as",
        "role: department_official, agency: fire, not_same_as",
    )
    second_version(third)
    (row,) = api.migration_report(actor=administrator().actor(), code="sample", to_version=2).rows
    assert "lanes fire" in row.reason and "泳道 fire" in row.reason_zh


def test_cases_of_elsewhere_are_not_in_the_report(heard: Heard) -> None:
    case = open_case(region=DAOLI)
    second_version(STEPS)
    with arranged():
        Definition.objects.update(region_path=get_region(NANGANG).path)
    other = administrator(NANGANG).actor()
    assert api.migration_report(actor=other, code="sample", to_version=2).total == 0
    with pytest.raises(api.CaseNotFound):
        api.migrate_case(actor=other, case_id=case.id, to_version=2, now=NOW)


def test_a_case_that_is_over_or_there_already_stays(heard: Heard) -> None:
    case = open_case()
    second_version(STEPS)
    actor = administrator().actor()
    with pytest.raises(api.CannotMigrate, match="on this version already"):
        api.migrate_case(actor=actor, case_id=case.id, to_version=1, now=NOW)
    api.complete_task(actor=window().actor(), task_id=task_at(case, "accept").pk, outcome="refused", now=NOW)
    with pytest.raises(api.CannotMigrate, match="it is over"):
        api.migrate_case(actor=actor, case_id=case.id, to_version=2, now=NOW)
    with pytest.raises(api.DefinitionNotFound):
        api.migrate_case(actor=actor, case_id=case.id, to_version=9, now=NOW)
