"""An enterprise objects to a fact held on it; its case begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow.api import Subject, start_case
from yingshang.kernel.parties.api import PartyNotFound, fact_history, get_party
from yingshang.kernel.reference.api import facts

from ..desks import desks_for
from ..errors import AlreadyObjected, NoSuchFact
from ..models import Objection
from ..selectors import SUBJECT, open_objections
from ._load import form_about
from ._steps import note, tell_enterprise

FLOW = "fact_objection"


@transaction.atomic
def file_objection(*, actor: Actor, party_id: int, column: str, submission_id: int, now: datetime) -> int:
    """Hand in an objection with the form that was filled in; its number in the register.

    Raises PartyNotFound, NoSuchFact, AlreadyObjected, WrongForm, NobodyToAsk.
    """
    fact = fact_to_object(actor=actor, party_id=party_id, column=column)
    submission = form_about(actor, submission_id, party_id=party_id, column=column)
    party = get_party(actor=actor, party_id=party_id)
    desks = desks_for(region_code=party.region_code, source=fact.source, today=timezone.localdate(now))
    values = submission.values
    row = Objection(
        number=f"YY{party.region_code or ''}{timezone.localtime(now):%Y%m%d}{submission.id:06d}",
        party_id=party_id,
        region_path=desks.service_center.region_path,
        column=column,
        fact_name=fact.label,
        held_value=fact.text[:400],
        source=fact.source,
        as_of=fact.as_of,
        personal=fact.sensitivity == "personal",
        kind=str(values["kind"]),
        claimed_value=str(values.get("claimed_value") or ""),
        reason=str(values["reason"]),
        submission_id=submission.id,
        submitted_by_id=int(actor.identifier),
        submitted_at=now,
        service_center_id=desks.service_center.id,
        source_agency_id=desks.source_agency.id,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise _already_open(fact) from None
    row.submitted_event = note(
        row,
        "submitted",
        actor=actor,
        now=now,
        after_={"state": row.state, "fact": fact.label, "kind": row.kind, "submission": submission.id},
    )
    case = start_case(
        actor=actor,
        definition=FLOW,
        subject=Subject(SUBJECT, str(row.pk), f"{party.name}：{fact.label}"),
        party_id=party_id,
        region_code=desks.service_center.region_code,
        agencies={"service_center": desks.service_center.id, "source_agency": desks.source_agency.id},
        data={},
        now=now,
    )
    row.case_id = case.id
    row.save(update_fields=["case_id", "submitted_event"])
    tell_enterprise(row, "received", now=now, due=case.deadline.due_on if case.deadline else "")
    return int(row.pk)


@dataclass(frozen=True, slots=True)
class HeldFact:
    """What is held of a fact, or that nothing is: `as_of` is None then, and `text` empty."""

    column: str
    label: str
    text: str
    source: str
    as_of: date | None
    sensitivity: str


def fact_to_object(*, actor: Actor, party_id: int, column: str) -> HeldFact:
    """What is held of the fact, if the actor may object to it now. A fact nobody has told of may be missed, too.

    Raises PartyNotFound, NoSuchFact, AlreadyObjected.
    """
    scope = actor.require("objections.file_own")
    if party_id not in scope.parties:
        raise PartyNotFound(
            f"no enterprise {party_id} of {actor.name}",
            message_zh="没有这家企业，或者您没有它的授权",
            value=party_id,
        )
    fact = _held(actor, party_id, column)
    if column in open_objections(party_id=party_id):
        raise _already_open(fact)
    return fact


def _held(actor: Actor, party_id: int, column: str) -> HeldFact:
    history = fact_history(actor=actor, party_id=party_id, column=column)
    if history:
        held = history[0]
        return HeldFact(column, held.label, held.text, held.source, held.as_of, held.sensitivity)
    definition = facts().get(column)
    # A year of a series is only known once somebody has told of it.
    if definition is None or definition.about != "party" or definition.series is not None:
        raise NoSuchFact(
            f"no fact {column!r} of an enterprise",
            message_zh=f"没有“{column}”这项企业数据",
            value=column,
        )
    return HeldFact(column, definition.name, "", definition.agency, None, definition.sensitivity)


def _already_open(fact: HeldFact) -> AlreadyObjected:
    return AlreadyObjected(
        f"an objection to {fact.label} is open; follow that one, or withdraw it first",
        message_zh=f"“{fact.label}”已有一项异议正在办理，请查看其进度，或先撤回",
        value=fact.column,
    )
