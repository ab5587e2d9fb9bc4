"""Situations of appeals: a desk and agencies with people, and an appeal in each state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from tests.kept import kept
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NOW,
    SYSTEM,
    Person,
    agency,
    enterprise,
    legal_representative_of,
    official,
    person,
)
from tests.kernel.parties.factories import region_tree
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Appeal, Reply
from yingshang.kernel.clock import api as clock
from yingshang.kernel.documents import api as documents
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.models import Party

DESK, MARKET, HOUSING = "service-center", "market-regulation", "housing-construction"
_numbers = count(1)


@dataclass(frozen=True)
class City:
    """Who deals with appeals: desks of the city and a district, two agencies of the district, who supervises and leads."""

    dispatcher: Person
    city_dispatcher: Person
    handler: Person
    approver: Person
    helper: Person
    supervisor: Person
    leader: Person

    @property
    def market(self) -> int:
        """The agency that deals with it."""
        return agency(DAOLI, MARKET).pk

    @property
    def housing(self) -> int:
        """The agency that helps."""
        return agency(DAOLI, HOUSING).pk


@kept
def city() -> City:
    """The people, and the ladders and documents they work by."""
    region_tree(DAOLI)
    clock.load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    documents.load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    return City(
        dispatcher=official("window_official", DAOLI, DESK),
        city_dispatcher=official("window_official", HARBIN, DESK),
        handler=official("department_official", DAOLI, MARKET),
        approver=official("approver", DAOLI, MARKET),
        helper=official("department_official", DAOLI, HOUSING),
        supervisor=official("supervisor", DAOLI, DESK),
        leader=official("leader", DAOLI, "government"),
    )


@dataclass(frozen=True)
class Said:
    """An appeal, whose it is, who says it, and who deals with it."""

    id: int
    party: Party
    who: Person
    people: City

    @property
    def row(self) -> Appeal:
        return Appeal.objects.select_related("agency", "desk").get(pk=self.id)


@kept
def submitted_appeal(*, people: City | None = None, now: datetime = NOW, **more: object) -> Said:
    """One an enterprise of the district has just handed in."""
    people = people or city()
    party = enterprise(DAOLI)
    who = legal_representative_of(party)
    number = next(_numbers)
    values: dict[str, object] = {
        "title": f"许可证变更办了一个月没有结果（{number}）",
        "body": f"我公司更换了营业执照，第 {number} 次到窗口申请变更许可证，一个月没有答复。",
        **more,
    }
    done = api.submit_appeal(actor=who.actor(now), party_id=party.pk, now=now, **values)  # type: ignore[arg-type]
    return Said(done.id, party, who, people)


@kept
def dispatched_appeal(**more: object) -> Said:
    """One the desk has given to the agency."""
    said = submitted_appeal(**more)  # type: ignore[arg-type]
    now = said.row.submitted_at + timedelta(minutes=5)
    api.dispatch_appeal(
        actor=said.people.dispatcher.actor(now), appeal_id=said.id, agency_id=said.people.market, now=now
    )
    return said


@kept
def handled_appeal(**more: object) -> Said:
    """One the agency has spoken with who said it about."""
    said = dispatched_appeal(**more)
    now = said.row.submitted_at + timedelta(minutes=10)
    api.record_contact(
        actor=said.people.handler.actor(now), appeal_id=said.id, way="telephone", said="已了解情况", now=now
    )
    return said


@kept
def paused_appeal(**more: object) -> Said:
    """One whose clock stands still for a reason in law."""
    said = handled_appeal(**more)
    now = said.row.submitted_at + timedelta(minutes=15)
    request = api.ask_for_time(
        actor=said.people.handler.actor(now), appeal_id=said.id, kind="pause", reason_code="hearing", now=now
    )
    api.decide_on_time(actor=said.people.approver.actor(now), request_id=request, granted=True, now=now)
    return said


def proposed_reply(said: Said, *, now: datetime | None = None) -> int:
    """A reply that waits to be approved."""
    now = now or said.row.submitted_at + timedelta(minutes=20)
    reply = api.write_reply(
        actor=said.people.handler.actor(now),
        appeal_id=said.id,
        text="许可证已变更，请登录平台下载。",
        outcome="solved",
        now=now,
    )
    api.propose_reply(actor=said.people.handler.actor(now), reply_id=reply, now=now)
    return reply


@kept
def answered_appeal(**more: object) -> Said:
    """One that was answered; who said it has the word."""
    said = handled_appeal(**more)
    now = said.row.submitted_at + timedelta(minutes=20)
    api.send_reply(actor=said.people.approver.actor(now), reply_id=proposed_reply(said), now=now)
    return said


@kept
def closed_appeal(**more: object) -> Said:
    """One that is solved, as who said it says."""
    said = answered_appeal(**more)
    now = said.row.submitted_at + timedelta(minutes=30)
    api.confirm_answer(actor=said.who.actor(now), appeal_id=said.id, now=now)
    return said


@kept
def joined_appeal(**more: object) -> Said:
    """One that was joined to another of the same desk."""
    said = submitted_appeal(**more)  # type: ignore[arg-type]
    other = submitted_appeal(people=said.people)
    now = said.row.submitted_at + timedelta(minutes=5)
    api.join_appeal(actor=said.people.dispatcher.actor(now), appeal_id=other.id, main_id=said.id, now=now)
    return other


@kept
def withdrawn_appeal(**more: object) -> Said:
    """One that was taken back."""
    said = submitted_appeal(**more)  # type: ignore[arg-type]
    now = said.row.submitted_at + timedelta(minutes=5)
    api.withdraw_appeal(actor=said.who.actor(now), appeal_id=said.id, now=now)
    return said


@kept
def declined_appeal(**more: object) -> Said:
    """One that is no matter of the platform."""
    said = submitted_appeal(**more)  # type: ignore[arg-type]
    now = said.row.submitted_at + timedelta(minutes=5)
    api.decline_appeal(
        actor=said.people.dispatcher.actor(now),
        appeal_id=said.id,
        reason="案件正在法院审理",
        instead="向审理法院提出",
        now=now,
    )
    return said


def another_person() -> Person:
    """Somebody who has nothing to do with it."""
    return person()


def reply_of(said: Said) -> Reply:
    """The newest reply."""
    return Reply.objects.filter(appeal=said.id).latest("pk")


@contextmanager
def one_appeal_event(action: str) -> Iterator[None]:
    """The block records exactly one event of this room, with this action; clocks and messages write their own."""
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    yield
    found = AuditEvent.objects.exclude(pk__in=before).filter(action__startswith="appeals.")
    assert list(found.values_list("action", flat=True)) == [action]
