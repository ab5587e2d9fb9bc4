"""Topics over time and on the map, agencies' speed, causes that come back: each figure is the list it counts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import City, Said, city, submitted_appeal
from tests.kernel.access.factories import DAOLI, HARBIN, NANGANG, NOW, arranged, enterprise, official
from yingshang.areas.appeals import api
from yingshang.areas.appeals.learning.periods import midnight
from yingshang.areas.appeals.models import Appeal, Holding
from yingshang.kernel.parties.models import Party
from yingshang.rules.errors import DomainError

NOVEMBER = api.period_of(date(2026, 11, 1))
OCTOBER = NOVEMBER.before


@given(day=st.dates(date(2001, 1, 1), date(2099, 12, 1)), kind=st.sampled_from(["month", "week"]))
def test_periods_follow_each_other_and_are_named_by_their_address(day: date, kind: str) -> None:
    period = api.period_of(day, kind)  # type: ignore[arg-type]
    assert period.since <= day < period.until
    assert period.before.until == period.since and period.after.since == period.until
    assert period.before.after == period == api.period_from(period.code, today=day)
    assert [each.kind for each in period.back(3)] == [kind] * 3 and period.back(3)[-1] == period


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-W54", "2026-11-01", "0000-01", "1999-12", "2026-12", "9999-12"]
)
def test_what_is_no_period_or_has_not_begun_is_none(text: str) -> None:
    assert api.period_from(text, today=date(2026, 11, 23)) is None


def _made(
    people: City, party: Party, *, topic: str, at: datetime, agency: int | None = None, **more: object
) -> Appeal:
    """An appeal as it may stand in the register: a copy of one that was said, with what the test is about."""
    row = Appeal.objects.filter(desk__isnull=False).earliest("pk")
    row.pk = None
    row.number = f"SQ{Appeal.objects.count():016d}"
    row.party, row.topic, row.submitted_at, row.agency_id = party, topic, at, agency
    row.channel_reference, row.text_hash = "", row.number
    row.state = "handling" if agency else "received"
    row.due_on, row.contact_due_at = at.date() + timedelta(days=60), at + timedelta(hours=12)
    for name, value in more.items():
        setattr(row, name, value)
    row.save(force_insert=True)
    return row


def _sent_back(row: Appeal, agency: int, at: datetime) -> None:
    Holding.objects.create(
        appeal=row, agency_id=agency, since=at, until=at + HOUR, began_by="dispatched", ended_by="bounced"
    )


TAX, PERMIT = list(api.topics())[:2]
HOUR = timedelta(hours=1)


@pytest.fixture
def register(db: None) -> tuple[City, Said]:
    """A November with two topics, and an October before it; two enterprises; the market agency and that of housing."""
    people = city()
    said = submitted_appeal(people=people)
    one, two = said.party, enterprise(DAOLI)
    with arranged():
        Appeal.objects.update(submitted_at=midnight(date(2026, 9, 1)), topic=TAX)
        day = midnight(date(2026, 11, 2)) + timedelta(hours=9)
        _made(people, one, topic=PERMIT, at=midnight(date(2026, 10, 5)), agency=people.market)
        _sent_back(_made(people, one, topic=PERMIT, at=day, agency=people.market), people.market, day + HOUR)
        _made(
            people,
            two,
            topic=PERMIT,
            at=day,
            agency=people.market,
            dispatched_at=day + timedelta(hours=1),
            contacted_at=day + timedelta(hours=2),
            answered_at=day + timedelta(hours=10),
        )
        _made(
            people,
            two,
            topic=PERMIT,
            at=day,
            agency=people.market,
            dispatched_at=day + timedelta(hours=3),
            contacted_at=day + timedelta(hours=14),
            answered_at=day + timedelta(hours=30),
            late=True,
            reopened_count=1,
        )
        _made(
            people, one, topic=TAX, at=midnight(date(2026, 11, 30)), agency=people.housing, disputed_count=1
        )
        _made(people, one, topic="", at=NOVEMBER.ends - timedelta(seconds=1))
        _made(people, one, topic=PERMIT, at=NOVEMBER.ends, agency=people.market)
    return people, said


NOW_ = NOW + timedelta(days=14)


def test_topics_of_a_period_compared_with_the_one_before(
    register: tuple[City, Said], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people, _said = register
    leader = people.leader.actor(NOW_)
    with django_assert_num_queries(1):
        hot = api.hot_topics(actor=leader, region_path="230102", period=NOVEMBER)
    assert [(each.topic, each.count, each.before, each.parties, each.unsolved) for each in hot] == [
        (PERMIT, 3, 1, 2, 1),
        ("", 1, 0, 1, 0),
        (TAX, 1, 0, 1, 1),
    ]
    assert hot[0].change == Decimal("2.000") and hot[2].change is None
    assert not any(each.rising for each in hot)
    with django_assert_num_queries(1):
        shown = api.overview(actor=leader, period=NOVEMBER, now=NOW_)
    assert shown == api.Overview(count=5, before=1, parties=2, answered=2, late=1, unsolved=2)
    with django_assert_num_queries(1):
        lines = api.topics_over_time(actor=leader, periods=NOVEMBER.back(3), topics=[TAX, PERMIT])
    assert [(each.topic, each.counts) for each in lines] == [(TAX, (1, 0, 1)), (PERMIT, (0, 1, 3))]
    weeks = api.period_of(date(2026, 11, 2), "week").back(2)
    assert api.topics_over_time(actor=leader, periods=weeks, topics=[PERMIT])[0].counts == (0, 3)
    with django_assert_num_queries(1):
        parts = api.appeals_by_part(actor=leader, region_path="2301", period=NOVEMBER)
    assert parts == {"230102": 5}
    assert api.appeals_by_part(actor=leader, region_path="2301", period=NOVEMBER, topic=TAX) == {"230102": 1}


def test_how_fast_agencies_are(
    register: tuple[City, Said], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people, _said = register
    leader = people.leader.actor(NOW_)
    with django_assert_num_queries(1):
        market, housing = api.agency_speeds(actor=leader, period=NOVEMBER, now=NOW_)
    assert (market.agency_id, market.received, market.answered, market.late) == (people.market, 3, 2, 1)
    assert market.dispatch_median == timedelta(hours=2) and market.contact_median == timedelta(hours=8)
    # What was opened again was answered twice: the thirty hours are of both.
    assert market.answer_median == market.answer_most == timedelta(hours=10)
    # One of two whose term ended was in time; one of three was contacted in its twelve hours.
    assert market.in_time == 0.5 and market.contacted_in_time == pytest.approx(1 / 3)
    assert (housing.received, housing.answer_median, housing.in_time) == (1, None, None)
    assert housing.contacted_in_time == 0.0
    only = api.agency_speeds(actor=leader, period=NOVEMBER, topic=TAX, now=NOW_)
    assert [each.agency_id for each in only] == [people.housing]


def test_causes_that_come_back(
    register: tuple[City, Said], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people, _said = register
    leader = people.leader.actor(NOW_)
    with django_assert_num_queries(3):
        permit, tax = api.repeat_causes(actor=leader, period=NOVEMBER)
    # The first enterprise said it in October; the second said its two at one moment, which is not again. Of taxes the
    # first enterprise spoke in September, exactly ninety days before.
    assert (permit.topic, permit.agency_id, permit.count) == (PERMIT, people.market, 3)
    assert (permit.again, permit.reopened, permit.disputed, permit.bounced) == (1, 1, 0, 1)
    assert (tax.topic, tax.again, tax.disputed) == (TAX, 1, 1)
    for cause in (permit, tax):
        for what in ("again", "reopened", "disputed", "bounced"):
            found = api.appeals_behind(
                actor=leader,
                period=NOVEMBER,
                what=what,
                topic=cause.topic,
                agency_id=cause.agency_id,
                now=NOW_,
            )
            assert found.total == len(found.rows) == getattr(cause, what), (cause.topic, what)


def test_every_figure_opens_the_list_it_counts(
    register: tuple[City, Said], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people, _said = register
    leader = people.leader.actor(NOW_)
    shown = api.overview(actor=leader, period=NOVEMBER, now=NOW_)
    for what, figure in (
        ("", shown.count),
        ("answered", shown.answered),
        ("late", shown.late),
        ("unsolved", shown.unsolved),
    ):
        with django_assert_num_queries(2):
            found = api.appeals_behind(actor=leader, period=NOVEMBER, what=what, now=NOW_)
        assert found.total == figure, what
    for topic in api.hot_topics(actor=leader, period=NOVEMBER):
        found = api.appeals_behind(actor=leader, period=NOVEMBER, topic=topic.topic, now=NOW_)
        assert found.total == topic.count
    assert api.appeals_behind(actor=leader, period=OCTOBER, now=NOW_).total == 1


def test_of_another_region_nothing_is_counted(register: tuple[City, Said]) -> None:
    _people, said = register
    city_leader = official("leader", HARBIN, "government").actor(NOW_)
    assert api.overview(actor=city_leader, period=NOVEMBER, now=NOW_).count == 5
    other = official("leader", NANGANG, "government").actor(NOW_)
    assert api.overview(actor=other, region_path="230102", period=NOVEMBER, now=NOW_).count == 0
    assert api.hot_topics(actor=other, period=NOVEMBER) == ()
    assert api.agency_speeds(actor=other, period=NOVEMBER, now=NOW_) == ()
    assert api.repeat_causes(actor=other, period=NOVEMBER) == ()
    assert api.appeals_behind(actor=other, period=NOVEMBER, now=NOW_).total == 0
    with pytest.raises(DomainError):
        api.overview(actor=said.who.actor(NOW_), period=NOVEMBER, now=NOW_)


def test_what_nobody_answered_in_time_is_late_before_anybody_notes_it(register: tuple[City, Said]) -> None:
    people, said = register
    with arranged():
        _made(
            people,
            said.party,
            topic=TAX,
            at=midnight(date(2026, 11, 20)),
            agency=people.housing,
            due_on=date(2026, 11, 25),
        )
    leader = people.leader.actor(NOW_)
    for now, late in ((midnight(date(2026, 11, 26)) - timedelta(seconds=1), 1), (NOW_, 2)):
        assert api.overview(actor=leader, period=NOVEMBER, now=now).late == late
    speeds = {each.agency_id: each for each in api.agency_speeds(actor=leader, period=NOVEMBER, now=NOW_)}
    assert (speeds[people.housing].late, speeds[people.housing].in_time) == (1, 0.0)


def test_no_figure_tells_whose_an_anonymous_appeal_is(register: tuple[City, Said]) -> None:
    people, said = register
    leader = people.leader.actor(NOW_)
    topic = list(api.topics())[3]
    day = midnight(date(2026, 11, 9))
    about = [{"kind": "policy_item", "id": "P-9", "label": "演示奖励"}]
    with arranged():
        named = _made(people, said.party, topic=topic, at=day, agency=people.market, links=about)
        hidden = _made(
            people, said.party, topic=topic, at=day + HOUR, agency=people.market, links=about, anonymous=True
        )
        _made(people, said.party, topic=topic, at=day + 2 * HOUR, agency=people.housing)
        named.refresh_from_db()
    assert api.overview(actor=leader, period=NOVEMBER, topic=topic, now=NOW_).parties == 1
    (hot,) = [each for each in api.hot_topics(actor=leader, period=NOVEMBER) if each.topic == topic]
    assert (hot.count, hot.parties) == (3, 1)
    # Said again under its name: what it said anonymously is nobody's, neither as the one before nor as the one again.
    causes = {
        each.agency_id: each.again for each in api.repeat_causes(actor=leader, period=NOVEMBER, topic=topic)
    }
    assert causes == {people.housing: 1}
    behind = api.appeals_behind(actor=leader, period=NOVEMBER, topic=topic, what="again", now=NOW_)
    assert behind.total == 1 and hidden.pk not in {each.id for each in behind.rows}
    with arranged():
        Appeal.objects.filter(pk=named.pk).update(anonymous=True)
    assert not api.repeat_causes(actor=leader, period=NOVEMBER, topic=topic)
    # Of two enterprises one of which is not named, no cluster is made.
    clustered = {each.topic or each.item_code for each in api.clusters(actor=leader, now=NOW_)}
    assert PERMIT in clustered and not {topic, "P-9"} & clustered


def test_what_went_along_with_another_counts_against_nobody(register: tuple[City, Said]) -> None:
    people, said = register
    leader = people.leader.actor(NOW_)
    topic = list(api.topics())[3]
    day = midnight(date(2026, 11, 9))
    with arranged():
        main = _made(
            people, said.party, topic=topic, at=day, agency=people.housing, contacted_at=day + HOUR, state="closed",
            closed_by="enterprise", answered_at=day + 5 * HOUR,
        )  # fmt: skip
        _made(people, said.party, topic=topic, at=day, agency=people.housing, main=main, late=True)
        _made(
            people,
            said.party,
            topic=topic,
            at=day,
            agency=people.housing,
            ended_at=day + HOUR,
            state="withdrawn",
        )
    (speed,) = api.agency_speeds(actor=leader, period=NOVEMBER, topic=topic, now=NOW_)
    assert (speed.received, speed.late, speed.in_time, speed.contacted_in_time) == (3, 1, 1.0, 1.0)


def test_who_sent_it_back_has_it_in_its_row_and_not_who_took_it(register: tuple[City, Said]) -> None:
    people, said = register
    leader = people.leader.actor(NOW_)
    topic = list(api.topics())[3]
    day = midnight(date(2026, 11, 9))
    with arranged():
        row = _made(people, said.party, topic=topic, at=day, agency=people.market)
        _sent_back(row, people.housing, day)
        _sent_back(row, people.housing, day + 2 * HOUR)
    (cause,) = api.repeat_causes(actor=leader, period=NOVEMBER, topic=topic)
    assert (cause.agency_id, cause.count, cause.bounced) == (people.housing, 0, 1)
    for agency, total in ((people.housing, 1), (people.market, 0), (None, 1)):
        found = api.appeals_behind(
            actor=leader, period=NOVEMBER, topic=topic, what="bounced", agency_id=agency, now=NOW_
        )
        assert found.total == total
