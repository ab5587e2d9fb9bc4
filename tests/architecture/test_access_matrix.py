"""Who may open what: every address and every operation of the API × every role × the own region and another.

`access_matrix.yaml` says what is expected, and a person can read it. An address or operation that is not in it fails,
and so does an entry for one that is gone. When something was added on purpose, the failure prints the lines to add.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import yaml
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.template.backends.django import Template
from django.test import Client, override_settings
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from tests.areas.claims.automatic.list_factories import standing_list
from tests.areas.policies import factories as policies
from tests.areas.policies.review_factories import standing_consultation
from tests.kernel.access.factories import agency
from tests.processes.fact_objection import factories as objecting
from tests.web.api import api_factories as make
from yingshang.areas.appeals.api import submit_appeal
from yingshang.areas.appeals.models import (
    Appeal,
    Consultation,
    LibraryAnswer,
    LibraryAnswerVersion,
    PerformanceRecord,
    PolicySuggestion,
    RecordLine,
    RecordMonth,
    Reply,
    ReplyTemplate,
    Stewardship,
    SupervisionNotice,
    Visit,
)
from yingshang.areas.claims.models import Fund, PaymentBatch, ReconciliationDifference
from yingshang.areas.contracts.models import (
    Contract,
    HandOver,
    HandOverLine,
    Head,
    Obligation,
    PortraitObjection,
    PublishedPortrait,
)
from yingshang.areas.contracts.portraits.replay import Fact, portrait_of
from yingshang.areas.contracts.portraits.rules import portrait_rules
from yingshang.areas.policies.api import SandboxOutcome as Outcome
from yingshang.areas.policies.api import SandboxSide as Side
from yingshang.areas.policies.api import freeze
from yingshang.areas.policies.models import (
    DocumentReading,
    ItemVersion,
    PolicyPackage,
    PolicyTold,
    SandboxScenario,
)
from yingshang.areas.policies.outreach.links import token_of
from yingshang.kernel.access import middleware
from yingshang.kernel.access.api import VISITOR, Actor, Rule, actor_of, actor_of_client, rule_of
from yingshang.kernel.access.models import Appointment, Mandate, SystemClient, User
from yingshang.kernel.access.roles_file import roles_file
from yingshang.kernel.clock.api import load_defaults as clock_defaults
from yingshang.kernel.clock.api import publish_ladder, save_ladder_draft
from yingshang.kernel.documents.api import Owner, register_owner, store
from yingshang.kernel.documents.models import DocumentTemplate
from yingshang.kernel.flow.api import publish_version, save_draft
from yingshang.kernel.flow.models import Task
from yingshang.kernel.forms.api import create_form, publish_form, save_form_draft, submit
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.models import DistinctPair, FactImport, FactRecord, Merge, Party
from yingshang.processes.enterprise_binding.models import BindingRequest
from yingshang.processes.fact_objection.api import FORM, SUBJECT_PREFIX, file_objection
from yingshang.web.api.dispatch import content_type_of, rule_of_operation
from yingshang.web.api.root import api

MATRIX = Path(__file__).with_name("access_matrix.yaml")
EVERYBODY, SIGNED_IN = "everybody", "signed-in"
OWN, OTHER = make.OWN, make.OTHER


# --- the file ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """What is expected of one address or operation. `elsewhere` is who may open it for a thing of another region."""

    who: frozenset[str]
    elsewhere: frozenset[str] = frozenset()
    arguments: Mapping[str, str] = field(default_factory=dict)
    sent: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Matrix:
    """The file, its groups written out."""

    roles: tuple[str, ...]
    groups: dict[str, list[str]]
    pages: dict[str, Entry]
    operations: dict[str, Entry]
    excluded: dict[str, str]

    @property
    def actors(self) -> tuple[str, ...]:
        return ("visitor", "nobody", *self.groups["enterprise"], *self.roles, "system")


@cache
def matrix() -> Matrix:
    """What `access_matrix.yaml` says."""
    data = yaml.safe_load(MATRIX.read_text(encoding="utf-8"))
    roles = tuple(role.code for role in roles_file().roles)
    groups: dict[str, list[str]] = data["groups"]
    found = Matrix(roles, groups, {}, {}, data["excluded"])

    def written_out(who: str | list[str], page: bool) -> frozenset[str]:
        everybody = [each for each in found.actors if not (page and each == "system")]
        if who == EVERYBODY:
            return frozenset(everybody)
        if who == SIGNED_IN:
            return frozenset(everybody) - {"visitor"}
        assert isinstance(who, list), who
        names = {name for each in who for name in groups.get(each, [each])}
        assert names <= set(found.actors), f"nobody is called {names - set(found.actors)}"
        return frozenset(names)

    for section, entries, page in (
        ("pages", found.pages, True),
        ("operations", found.operations, False),
    ):
        for name, value in data[section].items():
            value = value if isinstance(value, dict) else {"who": value}
            entries[name] = Entry(
                written_out(value["who"], page),
                written_out(value.get("elsewhere", []), page),
                {key: str(each) for key, each in value.get("with", {}).items()},
                value.get("send", {}),
            )
    return found


def _line(name: str, who: set[str], elsewhere: set[str], page: bool) -> str:
    """The line of the file for what was found."""

    def short(actors: set[str]) -> str:
        everybody = {each for each in matrix().actors if not (page and each == "system")}
        if actors == everybody:
            return EVERYBODY
        if actors == everybody - {"visitor"}:
            return SIGNED_IN
        parts, left = [], set(actors)
        for group, members in matrix().groups.items():
            if set(members) <= left:
                parts.append(group)
                left -= set(members)
        return "[" + ", ".join([*parts, *(each for each in matrix().actors if each in left)]) + "]"

    if elsewhere:
        return f"  {name}: {{who: {short(who)}, elsewhere: {short(elsewhere)}}}"
    return f"  {name}: {short(who)}"


# --- the addresses ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """One address of the resolver."""

    name: str
    route: str
    view: Callable[..., Any]
    arguments: tuple[str, ...]


def addresses() -> Iterator[Address]:
    """Every address there is, but those of operations, which are told apart by method."""

    def walk(
        patterns: list[Any], names: tuple[str, ...], route: str, above: frozenset[str]
    ) -> Iterator[Address]:
        for pattern in patterns:
            whole = route + str(pattern.pattern)
            arguments = above | {*pattern.pattern.converters, *pattern.pattern.regex.groupindex}
            if isinstance(pattern, URLResolver):
                inside = (*names, pattern.namespace) if pattern.namespace else names
                yield from walk(pattern.url_patterns, inside, whole, arguments)
                continue
            assert isinstance(pattern, URLPattern)
            if hasattr(pattern.callback, "path_view"):
                continue
            name = ":".join((*names, pattern.name)) if pattern.name else f"/{whole}"
            yield Address(name, whole, pattern.callback, tuple(sorted(arguments)))

    yield from walk(get_resolver().url_patterns, (), "", frozenset())


# --- the actors and their things --------------------------------------------------------------------------------------


@dataclass
class Person:
    """Somebody who tries: with what client, and as whom the platform knows them."""

    client: Client
    actor: Actor


def _people(own: dict[str, Any]) -> dict[str, Person]:
    users: dict[str, User] = {
        "nobody": own["applicant"],
        "clerk": own["clerk"],
        "legal_representative": own["legal_representative"],
        **{role: make.an_official(role, OWN) for role in matrix().roles},
    }
    today = timezone.localdate()
    system = make.a_system("department_official", OWN)
    application = SystemClient.objects.get(pk=system.id).application
    people = {
        "visitor": Person(Client(raise_request_exception=False), VISITOR),
        **{name: Person(make.browser(user), actor_of(user, today=today)) for name, user in users.items()},
        "system": Person(make.bearer(system), actor_of_client(application)),
    }
    for person in people.values():
        person.client.raise_request_exception = False
    return people


def _things(place: str) -> dict[str, Any]:
    """One of everything in a region, by the names that addresses use for it."""
    now = timezone.now()
    party, duplicate, merged = (make.enterprise(place) for _ in range(3))
    legal_representative = make.a_legal_representative(party)
    clerk = make.a_clerk(party)
    official = make.an_official("policy_author", place)
    applicant = make.a_user()
    with make.arranged():
        imported = FactImport.objects.create(
            file_name="a.csv",
            content_hash=place,
            source="市场监管",
            as_of="2026-01-01",
            state=FactImport.DONE,
            started_by_name="",
            region=party.region,
            started_at=now,
        )
        FactRecord.objects.create(
            party=party,
            as_of="2026-01-01",
            received_at=now,
            values={"市场监管局": {"ent.registered_capital": "100.00"}},
        )
        merged.merged_into = party
        merged.save()
        merge = Merge.objects.create(
            kept=party, duplicate=merged, reason="test", merged_by_name="", merged_at=now
        )
        mark = DistinctPair.objects.create(
            first=party, second=duplicate, reason="test", marked_by_name="", marked_at=now
        )
        asked = BindingRequest.objects.create(
            user=applicant,
            credit_code=party.credit_code,
            party=party,
            state="awaiting_representative",
            requested_at=now,
            changed_at=now,
        )
        reviewed = BindingRequest.objects.create(
            user=applicant,
            credit_code=duplicate.credit_code,
            party=duplicate,
            state="in_review",
            requested_at=now,
            changed_at=now,
            agency=make.agency(place),
            desk_path=place,
            review_began_at=now,
            due_on=now.date(),
        )
        event = record(
            actor=make.PLATFORM,
            action="tests.happened",
            target=Target("test", "1", region_path=place),
            now=now,
        )
    return {
        "party_id": party.pk,
        "credit_code": party.credit_code,
        "first_id": party.pk,
        "second_id": duplicate.pk,
        "mandate_id": Mandate.objects.get(user=clerk).pk,
        "agency_id": make.agency(place).pk,
        "user_id": official.pk,
        "appointment_id": Appointment.objects.get(user=official).pk,
        "client_id": make.a_system("policy_author", place).id,
        "import_id": imported.pk,
        "merge_id": merge.pk,
        "mark_id": mark.pk,
        "event_id": event,
        "document_id": _document(party.pk, place),
        "policy_document": policies.issued_document(region_path=place),
        "document_template": _document_template(place),
        "ladder": _ladder(place),
        "form": _form(place),
        "flow": _flow(place),
        **_objection(party, legal_representative, place),
        **_appeal(party, legal_representative, place),
        **_contract(party, place),
        **_policy(party.pk, place),
        **_payments(place),
        "asked_binding": asked.pk,
        "reviewed_binding": reviewed.pk,
        "applicant": applicant,
        "clerk": clerk,
        "legal_representative": legal_representative,
    }


def _contract(party: Party, place: str) -> dict[str, int]:
    """A contract of the party with the agency the officials sit in, and what that owes by it, late."""
    day = timezone.localdate() - timedelta(days=40)
    unit = make.agency(place)
    common = {"agency": unit, "region_path": unit.region.path}
    with make.arranged():
        row = Contract.objects.create(
            **common,
            number=f"HT{day:%Y}{party.pk:010d}",
            title="test",
            kind="procurement",
            party=party,
            counterparty_name=party.name,
            counterparty_size="small",
            amount_fen=100_00,
            signed_on=day,
            state="in_force",
            fingerprint=f"{party.pk:064d}",
            registered_by_name="test",
            registered_at=timezone.now(),
            obligation_count=1,
            open_count=1,
        )
        owed = Obligation.objects.create(
            **common,
            contract=row,
            party_id=party.pk,
            ordinal=1,
            side="unit",
            kind="pay",
            title="test",
            terms={"on": f"{day}"},
            due_on=day,
            amount_fen=100_00,
            open_fen=100_00,
            state="running",
        )
    return {"contract_id": row.pk, "obligation_id": owed.pk, **_portraits(row, owed)}


def _portraits(row: Contract, owed: Obligation) -> dict[str, int]:
    """Both portraits with the obligation in them, an objection, and a list a head takes over."""
    assert owed.due_on is not None
    now, party = timezone.now(), row.party
    where = {"agency": row.agency, "region_path": row.region_path}
    fact = Fact(owed.pk, owed.due_on, None, owed.amount_fen)
    until = owed.due_on + timedelta(days=10)
    since = portrait_rules().since(until)
    common = {
        "region_path": row.region_path,
        "since": since,
        "until": until,
        "figures": portrait_of([fact], portrait_rules(), since=since, until=until).written(),
        "facts": [fact.written()],
        "level": "unknown",
        "rules_version": "1",
        "published_at": now,
        "published_by_name": "test",
    }
    with make.arranged():
        unit = PublishedPortrait.objects.create(**common, subject_kind="unit", agency=row.agency)
        own = PublishedPortrait.objects.create(**common, subject_kind="enterprise", party=party)
        objection = PortraitObjection.objects.create(
            portrait=unit, obligation=owed, region_path=row.region_path, grounds="test", raised_at=now
        )
        head = Head.objects.create(
            **where,
            user=make.an_official("unit_head", OTHER),
            name="test",
            since=until,
            recorded_by_name="test",
            recorded_at=now,
        )
        handed = HandOver.objects.create(**where, after=head, as_of=until, contract_count=1, made_at=now)
        line = HandOverLine.objects.create(
            hand_over=handed, contract=row, open_count=1, late_count=1, owed_fen=100_00
        )
    return {
        "unit_portrait": unit.pk,
        "own_portrait": own.pk,
        "portrait_objection": objection.pk,
        "contract_agency": row.agency_id,
        "hand_over": handed.pk,
        "hand_over_line": line.pk,
    }


def _policy(party_id: int, place: str) -> dict[str, Any]:
    """A policy item in force in the region, and a decision on it that was kept."""
    code = policies.published_item(
        f"MATRIX-{place}", source=policies.hiring(f"MATRIX-{place}", place), now=timezone.now()
    )
    kept = freeze(actor=make.PLATFORM, party_id=party_id, code=code, now=timezone.now())
    version = ItemVersion.objects.select_related("item").get(item__code=code)
    nothing = Outcome(0, Side(), None, None, 0, 0, 0, 0, None, "", {}, (), (), (), (), 0, 0.0)
    with make.arranged():
        tried, removed = (
            SandboxScenario.objects.create(
                item=version.item,
                version=version,
                name="test",
                day="2026-11-22",
                region_path=place,
                facts_at=timezone.now(),
                removed_at=removed_at,
                outcome=nothing.as_dict(),
                created_at=timezone.now(),
            )
            for removed_at in (None, timezone.now())
        )
        begun = DocumentReading.objects.create(
            kind="file",
            region_path=place,
            file_name="a.pdf",
            asked_by="system:test",
            asked_by_name="test",
            created_at=timezone.now(),
        )
        package = PolicyPackage.objects.create(
            party_id=party_id, day=date(2026, 11, 22), created_at=timezone.now()
        )
        PolicyTold.objects.create(
            party_id=party_id,
            item=version.item,
            version=version,
            package=package,
            told_at=timezone.now(),
        )
    return {
        "package_token": token_of(party_id, version.item_id),
        "policy_item": code,
        "receipt_id": kept.id,
        "scenario_id": tried.pk,
        "reading_id": begun.pk,
        "consultation_id": standing_consultation(version, agency(place, "service-center").pk),
        "review_id": version.reviews.get().pk,
        "removed_scenario": removed.pk,
        **standing_list(party_id, version, agency(place, "service-center").pk, place),
    }


def _objection(party: Party, who: User, place: str) -> dict[str, int]:
    """An objection of the party, with its case and the task that waits at the desk."""
    desk = agency(place, "service-center")
    agency(place, "human-resources")
    objecting.load_definitions()
    actor, now = actor_of(who, today=timezone.localdate()), timezone.now()
    submission = submit(
        actor=actor,
        form_code=FORM,
        party_id=party.pk,
        subject=f"{SUBJECT_PREFIX}emp.unemployment_insured",
        data=objecting.answers(kind="missing"),
        now=now,
    )
    number = file_objection(
        actor=actor,
        party_id=party.pk,
        column="emp.unemployment_insured",
        submission_id=submission.id,
        now=now,
    )
    task = Task.objects.get(case__subject_id=str(number), agency=desk)
    return {"objection_id": number, "case_id": task.case_id, "task_id": task.pk}


def _appeal(party: Party, who: User, place: str) -> dict[str, int]:
    """An appeal of the party that waits at the desk of the region, and a supervision notice."""
    now = timezone.now()
    clock_defaults(actor=make.PLATFORM, region_path=party.region.path[:2] if party.region else "", now=now)
    said = submit_appeal(
        actor=actor_of(who, today=timezone.localdate()),
        title="",
        body="许可证变更申请一个月没有结果，窗口没有答复。",
        party_id=party.pk,
        now=now,
    )
    row = Appeal.objects.get(pk=said.id)
    with make.arranged():
        notice = SupervisionNotice.objects.create(
            number=f"{row.desk_id}-{said.number}",
            appeal=row,
            agency_id=row.desk_id,
            issued_by_agency_id=row.desk_id,
            region_path=row.region_path,
            demand="test",
            issued_at=now,
            issued_by_name="test",
        )
        consultation = Consultation.objects.create(
            appeal=row,
            question="test",
            with_reporter=True,
            called_by_agency_id=row.desk_id,
            called_as="desk",
            called_by_name="test",
            called_at=now,
            due_on=timezone.localdate(now),
        )
        stewardship = Stewardship.objects.create(
            party=party,
            steward=who,
            steward_name="test",
            agency_id=row.desk_id,
            region_path=row.region_path,
            tier="key",
            since=now,
            assigned_by_name="test",
            visit_due_on=timezone.localdate(now),
        )
        visit = Visit.objects.create(
            stewardship=stewardship,
            way="visit",
            at=now,
            said="test",
            due_on=timezone.localdate(now),
            by_name="test",
            recorded_at=now,
        )
    return {
        "appeal_id": said.id,
        "supervision_notice": notice.pk,
        "appeal_consultation": consultation.pk,
        "stewardship": stewardship.pk,
        "steward_visit": visit.pk,
        **_library(row, now),
        **_learning(row, now),
    }


def _learning(row: Appeal, now: datetime) -> dict[str, int]:
    """A suggestion made of the appeal, and a line about it in the record of its desk."""
    with make.arranged():
        suggestion = PolicySuggestion.objects.create(
            number=f"{row.desk_id}-{row.number}",
            title="test",
            text="test",
            region_path=row.region_path,
            agency_id=row.desk_id,
            made_by_agency_id=row.desk_id,
            voice_count=1,
            party_count=1,
            made_at=now,
            made_by="test",
            made_by_name="test",
        )
        month, _new = RecordMonth.objects.get_or_create(
            month=date(2026, 1, 1), defaults={"frozen_at": now, "agencies": 1}
        )
        record = PerformanceRecord.objects.create(
            month=month, agency_id=row.desk_id, region_path=row.region_path
        )
        line = RecordLine.objects.create(record=record, figure="late", appeal=row, at=now)
    return {
        "policy_suggestion": suggestion.pk,
        "performance_record": record.pk,
        "record_line": line.pk,
    }


def _library(row: Appeal, now: datetime) -> dict[str, int]:
    """A sent reply to the appeal, an answer that everybody reads, and a template of the region."""
    with make.arranged():
        sent = [
            Reply.objects.create(
                appeal=row,
                agency_id=row.desk_id,
                state="sent",
                text="test",
                outcome="explained",
                written_at=now,
                written_by="test",
                written_by_name="test",
            )
            for _ in range(2)
        ]
        answer = LibraryAnswer.objects.create(
            source=sent[0],
            agency_id=row.desk_id,
            region_path=row.region_path,
            state="published",
            question="test",
            text="test",
            version=1,
            proposed_at=now,
            published_at=now,
        )
        LibraryAnswerVersion.objects.create(
            answer=answer,
            number=1,
            state="published",
            question="test",
            text="test",
            region_path=row.region_path,
            written_at=now,
            written_by="test",
            written_by_name="test",
            decided_at=now,
            decided_by="another",
            decided_by_name="another",
        )
        template = ReplyTemplate.objects.create(
            name="test", text="test", region_path=row.region_path, written_at=now, written_by_name="test"
        )
    return {"library_answer": answer.pk, "sent_reply": sent[1].pk, "reply_template": template.pk}


def _payments(place: str) -> dict[str, int]:
    """A fund of the region, a batch from it, and a difference with its bank."""
    now = timezone.now()
    with make.arranged():
        fund = Fund.objects.create(
            code=f"FUND-{place}",
            name="演示资金",
            agency=make.agency(place),
            region_path=place,
            channel=f"bank-{place}",
            payer_name="演示财政",
            payer_account="6222000000000001",
            created_at=now,
        )
        batch = PaymentBatch.objects.create(
            message_id=f"YS{place}",
            fund=fund,
            channel=fund.channel,
            region_path=place,
            execute_on=now.date(),
            orders_count=0,
            amount_fen=0,
            made_by="user:0",
            made_at=now,
        )
        difference = ReconciliationDifference.objects.create(
            channel=fund.channel,
            region_path=place,
            day=now.date(),
            kind="unknown_line",
            key=place,
            found_at=now,
        )
    return {"fund_id": fund.pk, "batch_id": batch.pk, "difference_id": difference.pk}


def _document_template(place: str) -> str:
    """A template of the region, published once and being written on."""
    texts = {each: {"title": "标题", "body": "正文"} for each in ("zh-hans", "en")}
    now = timezone.now()
    with make.arranged():
        template = DocumentTemplate.objects.create(
            code=f"template-{place}",
            region_path=place,
            name="演示模板",
            name_en="A template",
            variables=[],
            created_at=now,
        )
        template.versions.create(
            number=1, state="published", texts=texts, saved_by="", saved_at=now, published_at=now
        )
        template.versions.create(state="draft", texts=texts, saved_by="", saved_at=now)
    return str(template.code)


def _form(place: str) -> str:
    """A form of the region, published once and being written on."""
    code, now = f"form_{place}", timezone.now()
    made = create_form(
        actor=make.PLATFORM, code=code, name="演示表单", name_en="A form", region_path=place, now=now
    )
    publish_form(actor=make.PLATFORM, code=code, now=now)
    save_form_draft(
        actor=make.PLATFORM, code=code, schema=made.schema, layout=made.layout, name="演示表格", now=now
    )
    return code


def _ladder(place: str) -> str:
    """A ladder of the region, published once and being written on."""
    code, now = f"ladder_{place}", timezone.now()
    rung = {
        "code": "due",
        "name": "到期",
        "name_en": "Due",
        "offset": {"days": 0},
        "action": "warn",
        "to": ["holder"],
    }
    document = {"code": code, "name": "演示阶梯", "name_en": "A ladder", "rungs": [rung]}
    save_ladder_draft(actor=make.PLATFORM, document=document, region_path=place, now=now)
    publish_ladder(actor=make.PLATFORM, code=code, now=now)
    save_ladder_draft(actor=make.PLATFORM, document=document, now=now)
    return code


def _flow(place: str) -> str:
    """A flow of the region, published once and being written on."""
    code, now = f"flow_{place}", timezone.now()
    step = {
        "id": "decide",
        "name": "办理",
        "who": {"role": "window_official", "agency": "desk"},
        "outcomes": [{"code": "done", "name": "办理完成"}],
    }
    steps = json.dumps({"code": code, "name": "演示流程", "steps": [step]})
    save_draft(actor=make.PLATFORM, code=code, steps=steps, region_path=place, now=now)
    publish_version(actor=make.PLATFORM, code=code, now=now)
    save_draft(actor=make.PLATFORM, code=code, steps=steps, now=now)
    return code


def _document(party_id: int, place: str) -> int:
    """A document that whoever sees the party may open."""

    def may_read(actor: Actor, identifier: str) -> bool:
        officials, own = actor.scope("parties.view"), actor.scope("parties.view_own")
        rows = Party.objects.filter(pk=int(identifier))
        return officials.filter(rows, region="region__path").exists() or own.filter(rows, party="pk").exists()

    register_owner("access-matrix", may_read=may_read)
    owner = Owner("access-matrix", str(party_id))
    return store(
        actor=make.PLATFORM, content=place.encode(), name="a.txt", owner=owner, now=timezone.now()
    ).id


PLACELESS = {"column": "ent.registered_capital", "year": "2026", "code": "230102"}
"""Arguments that are the same everywhere, unless an entry says otherwise (`with:`)."""

UNUSED = "1000000"
"""For an argument that names nothing in a region: no such thing. Getting as far as "not found" is getting in."""


Scene = tuple[dict[str, Person], dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """Everybody and everything, set up once and gone afterwards."""
    limits = dict.fromkeys(settings.API_RATE_LIMITS, "100000/second")
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        override_settings(API_RATE_LIMITS=limits),
        pytest.MonkeyPatch.context() as patch,
    ):
        # Hundreds of refusals are what is wanted here; each would be logged.
        patch.setattr(logging.root.manager, "disable", logging.CRITICAL)
        # Who gets in is decided before anything is drawn, and drawing is most of the time.
        patch.setattr(Template, "render", lambda *_, **__: "")
        _read_once(patch)
        # Both imports have rejected rows to be fetched.
        patch.setattr("yingshang.kernel.parties.imports.rejects_path", lambda _: Path(__file__))
        things = {OWN: _things(OWN), OTHER: _things(OTHER)}
        yield _people(things[OWN]), things
        transaction.set_rollback(True)


def _read_once(patch: pytest.MonkeyPatch) -> None:
    """All that comes of a request is undone, so the next one finds the same session, user and roles: they are read for
    the first one of each person. What is made of them is made for each."""

    def kept(read: Callable[..., Any], told_apart_by: Callable[[Any], Any]) -> Callable[..., Any]:
        known: dict[Any, Any] = {}

        def find(about: Any, *more: Any, **named: Any) -> Any:
            key = (told_apart_by(about), more, *named.items())
            if key not in known:
                known[key] = read(about, *more, **named)
            return deepcopy(known[key])

        return find

    patch.setattr(SessionStore, "load", kept(SessionStore.load, lambda store: store.session_key))
    patch.setattr(ModelBackend, "get_user", kept(ModelBackend.get_user, type))
    patch.setattr(middleware, "actor_of", kept(actor_of, lambda user: user.pk))


def _gets_in(response: Any, *, thing_exists: bool) -> bool:
    if response.status_code in (401, 403):
        return False
    if response.status_code == 302 and response["Location"].startswith("/account/login/"):
        return False
    return not (thing_exists and response.status_code == 404)


def _tried(send: Callable[[], Any]) -> Any:
    """The answer, and everything that came of it undone."""
    with transaction.atomic():
        response = send()
        # Streams are read while their rows are there.
        if getattr(response, "streaming", False):
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    return response


@dataclass
class Found:
    """Who got in where."""

    own: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    def note(self, person: str, place: str, response: Any, *, in_a_place: bool) -> None:
        """Count one answer."""
        if response.status_code >= 500:
            told = getattr(response, "exc_info", None)
            self.broken.add(f"{response.status_code} {told[1]!r}" if told else str(response.status_code))
        elif _gets_in(response, thing_exists=in_a_place):
            (self.own if place == OWN else self.elsewhere).add(person)


def _differences(entries: dict[str, Entry], found: dict[str, Found], page: bool) -> list[str]:
    lines = []
    for name, each in found.items():
        entry = entries.get(name)
        if entry is None or (set(entry.who), set(entry.elsewhere)) != (each.own, each.elsewhere):
            lines.append(_line(name, each.own, each.elsewhere, page))
    return lines


def _complain(kind: str, entries: dict[str, Entry], found: dict[str, Found], *, page: bool) -> None:
    told = []
    lines = _differences(entries, found, page)
    if lines:
        told.append(f"{kind} answered otherwise than {MATRIX.name} says. If that is meant, its lines are:")
        told.extend(lines)
    if stale := set(entries) - set(found):
        told.append(f"{kind} that are gone; remove them from {MATRIX.name}: {', '.join(sorted(stale))}")
    for name, each in found.items():
        told.extend(f"{name} answered {what}" for what in sorted(each.broken))
    if told:
        pytest.fail("\n".join(told), pytrace=False)


# --- the tests --------------------------------------------------------------------------------------------------------


def test_every_view_says_who_may_open_it() -> None:
    silent = [
        each.name for each in addresses() if rule_of(each.view) is None and each.name not in matrix().excluded
    ]
    assert not silent, "closed to everybody, since nothing is said about them: " + ", ".join(silent)


def test_every_operation_says_who_may_use_it() -> None:
    assert [name for name, operation in api.operations() if rule_of_operation(operation) is None] == []


@pytest.mark.django_db
def test_pages(scene: Scene) -> None:
    """Every address, asked for by everybody, for a thing of their own region and of another."""
    people, things = scene
    found: dict[str, Found] = {}
    known = {each.name: each for each in addresses()}
    for name, address in known.items():
        if name in matrix().excluded:
            continue
        entry = matrix().pages.get(name, Entry(frozenset()))
        found[name] = Found()
        in_a_place = _in_a_place(address.arguments, entry)
        for person_name, person in _who_try(people, rule_of(address.view), name).items():
            if person_name == "system":
                continue
            for place in _places(rule_of(address.view), person, in_a_place):
                url = _url(address, entry, things[place])
                response = _tried(lambda url=url, person=person: _asked(person.client, url))
                found[name].note(person_name, place, response, in_a_place=in_a_place)
                # Where a page cannot be read, nothing may be sent to it either.
                if place == OTHER and person_name in found[name].own - found[name].elsewhere:
                    sent = _tried(lambda url=url, person=person: person.client.post(url))
                    if sent.status_code != 405:
                        found[name].note(person_name, place, sent, in_a_place=True)
    _complain("Pages", matrix().pages, found, page=True)


@pytest.mark.django_db
def test_operations(scene: Scene) -> None:
    """Every operation of the API, likewise, and by a system too."""
    people, things = scene
    found: dict[str, Found] = {}
    for name, operation in api.operations():
        entry = matrix().operations.get(name, Entry(frozenset()))
        found[name] = Found()
        arguments = tuple(
            parameter
            for model in operation.models
            if model.__ninja_param_source__ == "path"
            for parameter in model.__ninja_flatten_map__
        )
        in_a_place = _in_a_place(arguments, entry)
        for person_name, person in _who_try(people, rule_of_operation(operation), name).items():
            for place in _places(rule_of_operation(operation), person, in_a_place):
                values = _values(arguments, entry, things[place])
                url = "/api/v1" + operation.path.replace("{int:", "{").format(**values)
                response = _tried(
                    lambda url=url, person=person, operation=operation, entry=entry: person.client.generic(
                        operation.methods[0],
                        url,
                        json.dumps(entry.sent) if content_type_of(operation) == "application/json" else "",
                        content_type=content_type_of(operation) or "application/octet-stream",
                        headers={"Idempotency-Key": "k"},
                    )
                )
                found[name].note(person_name, place, response, in_a_place=in_a_place)
    _complain("Operations", matrix().operations, found, page=False)


@pytest.mark.django_db
def test_nobody_gets_in_against_the_rule_of_the_view(scene: Scene) -> None:
    """What the file expects is never more than what the view's own mark allows."""
    people, _ = scene
    for address in addresses():
        rule, entry = rule_of(address.view), matrix().pages.get(address.name)
        if rule is not None and entry is not None:
            assert entry.who <= {name for name, each in people.items() if rule.allows(each.actor)}, (
                address.name
            )
    for name, operation in api.operations():
        rule = rule_of_operation(operation)
        assert rule is not None
        allowed = {each for each, person in people.items() if rule.allows(person.actor)}
        assert matrix().operations.get(name, Entry(frozenset())).who <= allowed, name


def _asked(client: Client, url: str) -> Any:
    """A page is read; what can only be sent is sent empty."""
    response = client.get(url)
    return client.post(url) if response.status_code == 405 else response


def _who_try(people: Mapping[str, Person], rule: Rule | None, name: str) -> dict[str, Person]:
    """Whoever the mark of a view lets in, and of those it refuses the visitor, the system and one more, from address to
    address another one. They are refused before anything of the address is looked at, all by the same lines: that these
    are in force here is shown by one of each way to come, and a session is the way of all the others.
    """
    refused = [
        each
        for each, person in people.items()
        if each not in ("visitor", "system") and rule is not None and not rule.allows(person.actor)
    ]
    left_out = set(refused) - {refused[crc32(name.encode()) % len(refused)]} if refused else set()
    return {each: person for each, person in people.items() if each not in left_out}


def _places(rule: Rule | None, person: Person, in_a_place: bool) -> tuple[str, ...]:
    """Where somebody tries: at home, and elsewhere too. Whom the view's mark refuses is refused before anything of the
    address is looked at: one try shows it."""
    everywhere = in_a_place and rule is not None and rule.allows(person.actor)
    return (OWN, OTHER) if everywhere else (OWN,)


def _in_a_place(arguments: tuple[str, ...], entry: Entry) -> bool:
    return any(
        entry.arguments[name].startswith("$") if name in entry.arguments else name in _PLACED
        for name in arguments
    )


_PLACED = frozenset(
    {
        "party_id",
        "credit_code",
        "first_id",
        "second_id",
        "mandate_id",
        "agency_id",
        "user_id",
        "appointment_id",
        "client_id",
        "import_id",
        "merge_id",
        "event_id",
    }
)


def _values(arguments: tuple[str, ...], entry: Entry, things: Mapping[str, Any]) -> dict[str, str]:
    known = {**PLACELESS, **things, **entry.arguments}

    def value(name: str) -> str:
        text = str(known.get(name, UNUSED))
        return str(things[text[1:]]) if text.startswith("$") else text

    return {name: value(name) for name in arguments}


def _url(address: Address, entry: Entry, things: Mapping[str, Any]) -> str:
    if address.name.startswith("/"):
        return address.name
    try:
        return reverse(address.name, kwargs=_values(address.arguments, entry, things))
    except NoReverseMatch:
        pytest.fail(
            f"{address.name}: say in {MATRIX.name} what its arguments are, like with: {{what: rename}}; "
            f"its address is {address.route}",
            pytrace=False,
        )
