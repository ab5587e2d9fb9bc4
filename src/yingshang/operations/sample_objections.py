"""Objections of the demonstration's enterprises over the year: answered ones, open ones, late ones, one returned.

They go the way everybody's do: a form is filled in, officials claim and complete their tasks. Only the dates lie back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access import api as access
from yingshang.kernel.flow import api as flow
from yingshang.kernel.forms import api as forms
from yingshang.kernel.parties import api as parties
from yingshang.processes.fact_objection import api as fact_objection

ACTOR = access.system_actor("demonstration")


def load_objections(described: Mapping[str, Any], enterprises: Mapping[int, int], *, now: datetime) -> None:
    """Make those that were not made yet. `enterprises` gives the number of the party for those of the description."""
    for number, each in enumerate(described["made"], start=1):
        party_id = enterprises.get(each["enterprise"])
        if party_id is not None:
            _make(number, each, party_id, now)


@transaction.atomic
def _make(number: int, each: Mapping[str, Any], party_id: int, now: datetime) -> None:
    clerk = _clerk_of(party_id, now)
    if clerk is None:
        return
    made = fact_objection.objections(actor=clerk, party_id=party_id)
    reason = f"演示{number}：{each['reason']}"
    if any(before.reason == reason for before in made):
        return
    fact = _fact(party_id, each["source"], {before.column for before in made}, now)
    if fact is None:
        return
    at = now - timedelta(days=each["days_ago"])
    submission = forms.submit(
        actor=clerk,
        form_code=fact_objection.FORM,
        party_id=party_id,
        subject=f"{fact_objection.SUBJECT_PREFIX}{fact.column}",
        data={
            "fact": fact.label,
            "kind": each["kind"],
            "claimed_value": f"{fact.value + Decimal(each['difference'])}",
            "reason": reason,
            "contact_name": clerk.name,
            "contact_phone": described_phone(number),
        },
        now=at,
    )
    objection_id = fact_objection.file_objection(
        actor=clerk, party_id=party_id, column=fact.column, submission_id=submission.id, now=at
    )
    for step in each.get("steps", ()):
        at += timedelta(days=step["after_days"])
        _carry_on(clerk, objection_id, step, at)


def described_phone(number: int) -> str:
    """A number of the range that is given to nobody."""
    return f"1380000{number:04}"


def _carry_on(clerk: access.Actor, objection_id: int, step: Mapping[str, Any], at: datetime) -> None:
    case_id = fact_objection.get_objection(actor=clerk, objection_id=objection_id).case_id
    assert case_id is not None
    detail = flow.get_case(actor=ACTOR, case_id=case_id, now=at)
    task = next(each for each in detail.tasks if each.open)
    users = access.officials_who_may("flow.work", agency_id=task.agency_id, today=timezone.localdate(at))
    official = access.actor_by_reference(f"user:{users[0]}")
    flow.claim_task(actor=official, task_id=task.id, now=at)
    if "returned" in step:
        flow.return_case(actor=official, task_id=task.id, what=step["returned"], now=at)
        return
    flow.complete_task(
        actor=official, task_id=task.id, outcome=step["outcome"], opinion=step.get("opinion", ""), now=at
    )


def _clerk_of(party_id: int, now: datetime) -> access.Actor | None:
    """Somebody who acts for the enterprise, a clerk rather than its legal representative."""
    held = access.mandates_of_party(actor=ACTOR, party_id=party_id, today=now.date())
    named = sorted(held, key=lambda each: (each.legal_representative, each.user_id))
    return access.actor_by_reference(f"user:{named[0].user_id}") if named else None


def _fact(party_id: int, source: str, without: set[str], now: datetime) -> parties.FactValue | None:
    """The first whole figure from a source that nobody has objected to."""
    for fact in parties.portrait(actor=ACTOR, party_id=party_id, now=now).facts:
        if fact.source != source or fact.column in without or fact.hidden:
            continue
        if isinstance(fact.value, Decimal) and fact.value == fact.value.to_integral_value():
            return fact
    return None
