"""Situations of consultations: one in each state, called by the agency that has the appeal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tests.areas.appeals.factories import Said, handled_appeal
from tests.kept import kept
from tests.kernel.access.factories import NOW
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Consultation

CALLED = NOW + timedelta(minutes=30)


@dataclass(frozen=True)
class Called:
    """A consultation and its appeal. `helper` is of the invited agency."""

    id: int
    said: Said

    @property
    def row(self) -> Consultation:
        return Consultation.objects.get(pk=self.id)


@kept
def open_consultation(*, with_reporter: bool = True, now: datetime = CALLED, **more: object) -> Called:
    """One another agency and who said it are invited to."""
    said = handled_appeal(**more)
    number = api.call_consultation(
        actor=said.people.handler.actor(now),
        appeal_id=said.id,
        question="许可证变更由谁办理",
        agency_ids=[said.people.housing],
        with_reporter=with_reporter,
        now=now,
    )
    return Called(number, said)


def minutes(called: Called, *, now: datetime = CALLED) -> None:
    """The minutes, with one task of the invited agency."""
    api.write_minutes(
        actor=called.said.people.handler.actor(now),
        consultation_id=called.id,
        conclusion="由市场监管局变更，住建局提供验收材料。",
        internal="请注意舆情",
        tasks=[api.Task(called.said.people.housing, "提供验收材料", date(2026, 12, 31))],
        now=now,
    )


@kept
def minuted_consultation(**more: object) -> Called:
    """One whose minutes wait for the word of the invited agency."""
    called = open_consultation(**more)  # type: ignore[arg-type]
    minutes(called)
    return called


@kept
def ended_consultation(**more: object) -> Called:
    """One that ended with minutes everybody agrees to."""
    called = minuted_consultation(**more)
    people = called.said.people
    api.sign_minutes(actor=people.helper.actor(CALLED), consultation_id=called.id, agrees=True, now=CALLED)
    api.end_consultation(actor=people.handler.actor(CALLED), consultation_id=called.id, now=CALLED)
    return called


@kept
def cancelled_consultation(**more: object) -> Called:
    """One that was not needed after all."""
    called = open_consultation(**more)  # type: ignore[arg-type]
    actor = called.said.people.handler.actor(CALLED)
    api.cancel_consultation(actor=actor, consultation_id=called.id, reason="已电话商定", now=CALLED)
    return called


@kept
def abandoned_consultation(**more: object) -> Called:
    """One that was over with its appeal."""
    called = open_consultation(**more)  # type: ignore[arg-type]
    actor = called.said.who.actor(CALLED)
    api.withdraw_appeal(actor=actor, appeal_id=called.said.id, reason="已解决", now=CALLED)
    return called
