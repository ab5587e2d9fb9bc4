"""The promise of the case clock: due at intake + allowed days + lawful pauses, whatever happens on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.areas.appeals.factories import City, Said, city, submitted_appeal
from tests.kernel.access.factories import NOW, SYSTEM, agency
from yingshang.areas.appeals import api
from yingshang.areas.appeals.clocks import CASE
from yingshang.areas.appeals.models import Reply, Request
from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import (
    NATIONAL,
    Owner,
    Stop,
    Term,
    deadlines_of,
    derive_due,
    get_calendar,
    sweep,
)
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db

INTAKES = (
    datetime(2026, 9, 29, 8, 30, tzinfo=UTC),  # before National Day, with a make-up day behind it
    datetime(2026, 2, 12, 1, 0, tzinfo=UTC),  # before the Spring Festival
    datetime(2026, 11, 20, 9, 30, tzinfo=UTC),  # a Friday
)
"""Real calendars: where free days and make-up days 调休 lie close behind."""
DAYS = {"simple": 3, "complex": 7, "hard": 15}


class Way(RuleBasedStateMachine):
    """One appeal, and people who do with it what they like, at any time."""

    people: City
    said: Said
    now: datetime

    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.atomic()
        self.point.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.point.__exit__(None, None, None)

    @initialize(at=st.sampled_from(INTAKES))
    def said_by_somebody(self, at: datetime) -> None:
        self.said = submitted_appeal(people=self.people, now=at)
        self.at = self.now = at
        self.highest = "simple"
        self.granted = 0
        self.stops: list[list[datetime | None]] = []

    @rule(hours=st.integers(1, 60))
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        sweep(actor=SYSTEM, now=self.now)

    @rule(difficulty=st.sampled_from(["", "simple", "complex", "hard"]), housing=st.booleans())
    def dispatched(self, difficulty: str, housing: bool) -> None:
        place = self.people.housing if housing else self.people.market
        if (
            self._tried(
                api.dispatch_appeal,
                self._desk(),
                agency_id=place,
                difficulty=difficulty,
                reason="按职责",
            )
            and difficulty
        ):
            self.highest = max(self.highest, difficulty, key=lambda each: DAYS[each])

    @rule()
    def bounced(self) -> None:
        self._tried(api.bounce_appeal, self._handler(), reason="不属本单位职责")

    @rule()
    def raised(self) -> None:
        self._tried(api.raise_appeal, self._handler(), reason="本级难以解决")

    @rule(housing=st.booleans())
    def reassigned(self, housing: bool) -> None:
        place = self.people.housing if housing else self.people.market
        self._tried(api.reassign_appeal, self._desk(), agency_id=place, reason="职责调整")

    @rule()
    def contacted(self) -> None:
        self._tried(api.record_contact, self._handler(), way="telephone")

    @rule()
    def assisted(self) -> None:
        place = self.people.housing if self.said.row.agency_id == self.people.market else self.people.market
        self._tried(api.ask_for_part, self._handler(), agency_id=place, question="请提供情况")

    @rule(by_desk=st.booleans(), with_reporter=st.booleans())
    def consulted(self, by_desk: bool, with_reporter: bool) -> None:
        place = self.people.housing if self.said.row.agency_id == self.people.market else self.people.market
        self._tried(
            api.call_consultation,
            self._desk() if by_desk else self._handler(),
            question="由谁办理",
            agency_ids=[place],
            with_reporter=with_reporter,
        )

    @rule(days=st.integers(1, 15))
    def more_time(self, days: int) -> None:
        if (
            self._tried(
                api.ask_for_time,
                self._handler(),
                kind="extend",
                reason_code="petition_extension",
                working_days=days,
            )
            and self._decided()
        ):
            self.granted += days

    @rule()
    def stopped(self) -> None:
        if (
            self._tried(api.ask_for_time, self._handler(), kind="pause", reason_code="hearing")
            and self._decided()
        ):
            self.stops.append([self.now, None])

    @rule()
    def goes_on(self) -> None:
        if self._tried(api.resume_appeal, self._handler()):
            self.stops[-1][1] = self.now

    @precondition(lambda self: self.said.row.state == "handling")
    @rule()
    def replied(self) -> None:
        if not self._tried(api.write_reply, self._handler(), text="已办理", outcome="solved"):
            return
        reply = Reply.objects.filter(appeal=self.said.id).latest("pk")
        waiting = self.said.row.parts.filter(state="open").exists()
        try:
            with transaction.atomic():
                api.propose_reply(actor=self._handler(), reply_id=reply.pk, now=self.now)
                # The document is set in a process of its own; what is looked at here is the clock.
                api.send_reply(actor=self._approver(), reply_id=reply.pk, now=self.now)
        except DomainError:
            assert waiting
            return
        self.stops.append([self.now, None])

    @rule()
    def disputed(self) -> None:
        if self._tried(api.dispute_answer, self.said.who.actor(self.now), reason="没有解决"):
            self.stops[-1][1] = self.now

    @rule()
    def added(self) -> None:
        self._tried(api.add_to_appeal, self.said.who.actor(self.now), body="补充情况")

    def check_invariants(self, *args: Any, **more: Any) -> None:
        super().check_invariants(*args, **more)
        if not hasattr(self, "said"):
            return
        [clock] = [
            each for each in deadlines_of(Owner(CASE, str(self.said.id)), now=self.now) if each.kind == "case"
        ]
        allowed = Term(DAYS[self.highest] + self.granted, "working_days")
        stops = [
            Stop(since, until, {"zh": "", "en": ""}, {"zh": "", "en": ""})
            for since, until in self.stops
            if since is not None
        ]
        latest = derive_due(self.at, (allowed,), get_calendar(NATIONAL), stops=stops)
        assert clock.started_at == self.at, "nothing resets it"
        if not latest.stopped:
            assert clock.due_at <= latest.due_at
            assert self.said.row.due_on == clock.due_on

    def _tried(self, action: Any, actor: Actor, **more: Any) -> bool:
        """Whether it was allowed; a refusal leaves nothing."""
        try:
            with transaction.atomic():
                action(actor=actor, appeal_id=self.said.id, now=self.now, **more)
        except DomainError:
            return False
        return True

    def _decided(self) -> bool:
        request = Request.objects.filter(appeal=self.said.id, state="open").latest("pk")
        try:
            with transaction.atomic():
                api.decide_on_time(actor=self._approver(), request_id=request.pk, granted=True, now=self.now)
        except DomainError:
            with transaction.atomic():
                api.decide_on_time(actor=self._approver(), request_id=request.pk, granted=False, now=self.now)
            return False
        return True

    def _desk(self) -> Actor:
        at_city = self.said.row.desk.region.path == "2301"
        return (self.people.city_dispatcher if at_city else self.people.dispatcher).actor(self.now)

    def _handler(self) -> Actor:
        housing = self.said.row.agency_id == self.people.housing
        return (self.people.helper if housing else self.people.handler).actor(self.now)

    def _approver(self) -> Actor:
        return (
            self.people.approver.actor(self.now) if self.said.row.agency_id == self.people.market else SYSTEM
        )


def test_nothing_that_happens_makes_it_due_later() -> None:
    people = city()
    agency("230100", "service-center")
    Way.people = people
    run_state_machine_as_test(
        Way,
        settings=settings(
            max_examples=25,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize(
    ("difficulty", "due"), [("simple", "2026-10-09"), ("complex", "2026-10-14"), ("hard", "2026-10-26")]
)
def test_days_of_the_difficulty_count_from_intake(difficulty: str, due: str) -> None:
    """Said on Tuesday 2026-09-29; 1 to 7 October are free, Saturday the 10th is worked."""
    said = submitted_appeal(now=INTAKES[0])
    later = INTAKES[0] + timedelta(hours=20)
    api.dispatch_appeal(
        actor=said.people.dispatcher.actor(later),
        appeal_id=said.id,
        agency_id=said.people.market,
        difficulty=difficulty,
        now=later,
    )
    assert str(said.row.due_on) == due


def test_the_first_contact_has_a_clock_from_intake() -> None:
    said = submitted_appeal()
    urgent = submitted_appeal(people=said.people, urgency="urgent", now=NOW + timedelta(minutes=1))
    assert said.row.contact_due_at == NOW + timedelta(hours=12)
    assert urgent.row.contact_due_at == NOW + timedelta(minutes=11)
