"""Situations of an objection: one that was handed in, one the desk accepted, one that waits for its reply.

A city with a desk, a source and somebody who supervises them; everything goes through the rooms' own actions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tests.kept import kept
from tests.kernel.access.factories import DAOLI, HARBIN, NOW, SYSTEM, Person, clerk_of, official
from tests.kernel.parties.factories import a_party
from yingshang.kernel.clock import api as clock
from yingshang.kernel.documents import api as documents
from yingshang.kernel.flow import api as flow
from yingshang.kernel.forms import api as forms
from yingshang.kernel.notices import api as notices
from yingshang.kernel.parties.models import Party
from yingshang.processes.fact_objection.api import FORM, SUBJECT_PREFIX, file_objection
from yingshang.processes.fact_objection.models import Objection

COLUMN = "emp.insured_count"
SOURCE = "人社局"
POWERS = ("parties.view_own", "forms.fill_own", "objections.file_own")


@dataclass(frozen=True)
class City:
    """Who deals with an objection, and about whom."""

    party: Party
    clerk: Person
    window: Person
    source: Person
    supervisor: Person


@kept
def load_definitions(now: datetime = NOW) -> None:
    """What comes with the platform: ladders, flows, forms, templates."""
    for room in (clock, documents, forms, flow, notices):
        room.load_defaults(actor=SYSTEM, region_path="23", now=now)


@kept
def a_city() -> City:
    """One enterprise with a fact, its clerk, and the officials."""
    load_definitions()
    party = a_party(facts={COLUMN: "12"}, source=SOURCE, as_of=date(2026, 11, 1))
    return City(
        party,
        clerk_of(party, POWERS),
        official("window_official", DAOLI, "service-center"),
        official("department_official", DAOLI, "human-resources"),
        official("supervisor", HARBIN, "business-environment"),
    )


def answers(**other: Any) -> dict[str, Any]:
    """A form that was filled in well."""
    return {
        "fact": "参保人数",
        "kind": "wrong",
        "claimed_value": "15",
        "reason": "十月新增三人已参保，缴费凭证可查。",
        "contact_name": "演示经办",
        "contact_phone": "13800000000",
        **other,
    }


@kept
def filled_in(city: City, *, column: str = COLUMN, now: datetime = NOW, **other: Any) -> int:
    """The number of a form the clerk filled in."""
    submission = forms.submit(
        actor=city.clerk.actor(now),
        form_code=FORM,
        party_id=city.party.pk,
        subject=f"{SUBJECT_PREFIX}{column}",
        data=answers(**other),
        now=now,
    )
    return submission.id


@kept
def submitted_objection(city: City, *, column: str = COLUMN, now: datetime = NOW, **other: Any) -> Objection:
    """Handed in; the desk has not looked at it."""
    number = file_objection(
        actor=city.clerk.actor(now),
        party_id=city.party.pk,
        column=column,
        submission_id=filled_in(city, column=column, now=now, **other),
        now=now,
    )
    return Objection.objects.get(pk=number)


@kept
def accepted_objection(city: City, *, now: datetime = NOW, **other: Any) -> Objection:
    """The desk has accepted it; its source has to check it."""
    row = submitted_objection(city, now=now, **other)
    done(city.window, row, "accepted", now=now)
    return again(row)


@kept
def checked_objection(city: City, outcome: str = "upheld", *, now: datetime = NOW, **other: Any) -> Objection:
    """The source has decided; the desk has to reply."""
    row = accepted_objection(city, now=now, **other)
    done(city.source, row, outcome, opinion="经核对参保台账。", now=now)
    return again(row)


@kept
def answered_objection(
    city: City, outcome: str = "upheld", *, now: datetime = NOW, **other: Any
) -> Objection:
    """Over, with its reply."""
    row = checked_objection(city, outcome, now=now, **other)
    done(city.window, row, "replied", now=now)
    return again(row)


def done(
    who: Person,
    row: Objection,
    outcome: str,
    *,
    opinion: str = "",
    data: dict[str, Any] | None = None,
    now: datetime = NOW,
) -> None:
    """An official claims and completes the open task of an objection."""
    task = open_task(who, row, now=now)
    flow.claim_task(actor=who.actor(now), task_id=task.id, now=now)
    flow.complete_task(
        actor=who.actor(now), task_id=task.id, outcome=outcome, opinion=opinion, data=data or {}, now=now
    )


def open_task(who: Person, row: Objection, *, now: datetime = NOW) -> flow.TaskView:
    """The task of an objection that waits for somebody."""
    assert row.case_id is not None
    detail = flow.get_case(actor=who.actor(now), case_id=row.case_id, now=now)
    return next(task for task in detail.tasks if task.open)


def again(row: Objection) -> Objection:
    """The objection as it is now."""
    return Objection.objects.get(pk=row.pk)
