"""The room of ratings with a kind of its own: questions, raters nobody sees, follow-ups that begin anew, reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NOW,
    QIQIHAR,
    SYSTEM,
    agency,
    arranged,
    enterprise,
    no_event,
    official,
    one_event,
    person,
)
from tests.kernel.parties.factories import region_tree
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.access.models import PersonalDataView
from yingshang.kernel.clock.api import get_deadline, load_defaults
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.ratings import kinds
from yingshang.kernel.ratings.api import (
    InvalidRating,
    InvalidRatingRules,
    NotPossibleNow,
    NotYourRating,
    Rated,
    RatedKind,
    RatingNotFound,
    UnknownRatedKind,
    appeal_rating,
    bad_ratings,
    decide_appeal,
    end_follow_up,
    get_rating,
    give_rating,
    note_call,
    note_correction,
    own_ratings,
    public_ratings,
    ratings,
    ratings_of_group,
    read_rating_rules,
    read_words,
    register_rated,
)
from yingshang.kernel.ratings.lifecycle import FOLLOW_UP
from yingshang.kernel.ratings.models import BadRating, Rating, RatingAppeal, RatingFollowUp
from yingshang.kernel.ratings.tasks import follow_calendars

pytestmark = pytest.mark.django_db
RULES = """
steps: [{code: served, name: 窗口服务, name_en: at the window}]
questions:
  - {code: met, name: 是否接待, name_en: Were you received?}
  - {code: done, name: 是否办成, name_en: Is it done?, bad_if_no: true}
reasons:
  - {code: kind, name: 热情, name_en: friendly, bad: false}
  - {code: slow, name: 太慢, name_en: slow, bad: true}
longest_words: 20
change_days: 7
follow_up: {working_days: 5, ladder: standard}
publish_from: 3
"""
_numbers = count(1)
TOLD: list[tuple[int, str]] = []


def _tell(subject_id: int, *, correction: str, now: datetime) -> None:
    TOLD.append((subject_id, correction))


@pytest.fixture(autouse=True)
def _a_window() -> Iterator[None]:
    """A kind of its own, and the ladders its follow-ups climb."""
    TOLD.clear()
    region_tree(DAOLI)
    load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    register_rated(
        RatedKind(
            "window",
            "窗口服务",
            "Windows",
            rules=read_rating_rules(RULES, name="window"),
            link=lambda number: f"/windows/{number}/",
            permission="parties.view",
            tell=_tell,
        )
    )
    yield
    del kinds._kinds["window"]


def visit(**more: object) -> Rated:
    number = next(_numbers)
    values: dict[str, object] = {
        "kind": "window",
        "id": number,
        "number": f"W{number}",
        "label": "变更登记",
        "agency_id": agency(DAOLI).pk,
        "region_path": "230102",
        "rater": f"visitor {number}",
        "group": "registration",
        **more,
    }
    return Rated(**values)  # type: ignore[arg-type]


def rates(subject: Rated, level: int = 5, *, now: datetime = NOW, **more: object) -> int:
    return give_rating(
        actor=person().actor(),
        subject=subject,
        step="served",
        level=level,
        now=now,
        **more,  # type: ignore[arg-type]
    )


def test_a_no_that_matters_is_followed_up_whatever_the_level() -> None:
    with one_event("ratings.rated"):
        fine = rates(visit(), 5, answers={"met": False, "done": True})
    with arranged():
        content_but = rates(visit(), 4, answers={"done": False}, reasons=["slow", "kind"])
    rows = {row.pk: row for row in Rating.objects.select_related("follow_up")}
    assert not hasattr(rows[fine], "follow_up") and rows[fine].answers == {"met": False, "done": True}
    assert rows[content_but].follow_up.state == "open" and rows[content_but].reasons == ["kind", "slow"]
    with no_event():
        for wrong in (
            {"answers": {"asked": True}},
            {"level": 5, "reasons": ["slow"]},
            {"level": 0},
            {"words": "长" * 21},
        ):
            with pytest.raises(InvalidRating):
                rates(visit(), **wrong)  # type: ignore[arg-type]


def test_what_no_page_shows_is_not_kept() -> None:
    number = rates(visit(), 1, words="慢\x00\u202e\ud800👍\r\n真慢 ")
    assert Rating.objects.get(pk=number).words == "慢👍\n真慢"
    desk = official("department_official", DAOLI).actor()
    note_call(actor=desk, rating_id=number, text="已联系\x00", now=NOW)
    with no_event(), pytest.raises(InvalidRating):
        note_correction(actor=desk, rating_id=number, text="\x00\u202e ", now=NOW)
    note_correction(actor=desk, rating_id=number, text="已改\x00", now=NOW)
    assert RatingFollowUp.objects.get().correction == "已改"


def test_who_rates_without_a_name_is_nowhere_and_counts_once() -> None:
    party = enterprise(DAOLI)
    subject = visit(rater="party 1", party_id=party.pk, named=False)
    number = rates(subject, 1, words="张三")
    row = Rating.objects.get()
    assert (row.party_id, row.given_by_id, row.given_by_name) == (None, None, "")
    assert abs(row.rater) > 1_000_000
    desk = official("department_official", DAOLI).actor()
    found = get_rating(actor=desk, rating_id=number)
    assert found.enterprise == "" and party.name not in repr(found)
    # Reading the words of nobody is an event, and no look at anybody's data.
    before = PersonalDataView.objects.count()
    with one_event("ratings.words_read"):
        assert read_words(actor=desk, rating_id=number, purpose="核实", now=NOW) == ("张三", "")
    assert PersonalDataView.objects.count() == before
    assert not AuditEvent.objects.filter(after__icontains="张三").exists()
    # Twice the same and one other are two, and two are too few.
    rates(visit(rater="party 1"))
    rates(visit())
    assert public_ratings(kind="window") == () and ratings_of_group(kind="window", group="registration") == (
        3,
        None,
    )
    rates(visit(), answers={"done": True})
    cache.clear()
    [all_of_it] = public_ratings(kind="window")
    assert (all_of_it.total, all_of_it.satisfied) == (4, 0.75)
    assert all_of_it.answers == (("met", 0, 0), ("done", 1, 1))


def test_done_again_it_may_be_rated_anew_and_followed_up_anew() -> None:
    subject = visit()
    number = rates(subject, 1)
    desk = official("department_official", DAOLI).actor()
    note_call(actor=desk, rating_id=number, text="已联系", now=NOW)
    note_correction(actor=desk, rating_id=number, text="已办好", now=NOW)
    assert [(subject.id, "已办好")] == TOLD
    # Rated badly once more the follow-up is over all the same: it was put right, and who rated does not find so.
    later = NOW + timedelta(days=1)
    rates(subject, 2, now=later)
    assert get_rating(actor=desk, rating_id=number).follow_up == "closed"
    long_after = NOW + timedelta(days=40)
    with no_event(), pytest.raises(NotPossibleNow):
        rates(subject, 1, now=long_after)
    # Done again, by another agency: that one is rated, and has to follow it up.
    other = agency(DAOLI, "housing-construction")
    again = Rated(
        **{each: getattr(subject, each) for each in subject.__slots__ if each != "agency_id"},
        agency_id=other.pk,
    )
    rates(again, 1, now=long_after, done_at=long_after - timedelta(days=1))
    row = Rating.objects.select_related("follow_up").get()
    assert (row.agency_id, row.follow_up.state, row.follow_up.called_at) == (other.pk, "open", None)
    assert RatingFollowUp.objects.count() == 1 and row.first_level == 1 and row.waits_until
    # Content after all: nothing is left to be put right.
    rates(again, 5, now=long_after)
    row = Rating.objects.select_related("follow_up").get()
    assert (row.follow_up.state, row.waits_until) == ("closed", None)
    assert get_deadline(actor=desk, deadline_id=row.follow_up.deadline_id).state == "met"


def test_ratings_are_seen_where_they_belong_and_those_that_wait_come_first(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    fine = rates(visit(), 5, words="好")
    bad = rates(visit(), 1)
    # Of another region, and of the agency somebody works in.
    elsewhere = rates(visit(region_path="2302"), 1)
    actor = official("department_official", DAOLI).actor()
    with django_assert_num_queries(2):
        found = ratings(actor=actor, kind="window")
    assert [(row.id, row.has_words) for row in found.rows] == [
        (elsewhere, False),
        (bad, False),
        (fine, True),
    ]
    far = official("department_official", QIQIHAR).actor()
    assert [row.id for row in ratings(actor=far).rows] == [elsewhere]
    for act in (note_call, note_correction):
        with no_event(), pytest.raises(RatingNotFound):
            act(actor=far, rating_id=bad, text="x", now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        ratings(actor=person().actor())
    assert {row.id for row in bad_ratings(kind="window", since=NOW, until=NOW + timedelta(days=1))} == {
        bad,
        elsewhere,
    }
    assert ratings(actor=actor, kind="claim").total == 0
    [own] = own_ratings(
        kind="window", subject_id=Rating.objects.get(pk=fine).subject_id, steps=["served"], now=NOW
    )
    assert (own.level, own.words, own.may_rate) == (5, "好", True)


STEPS = ("called", "corrected", "ended", "dropped", "rated_anew", "opened_again")


def test_every_event_is_tried() -> None:
    assert set(STEPS) == {event for state in FOLLOW_UP.states for event in FOLLOW_UP.events(state)}


@pytest.mark.parametrize("state", ["open", "called", "corrected", "closed", "dropped"])
@pytest.mark.parametrize("event", STEPS)
def test_every_state_and_event_of_a_follow_up(state: str, event: str) -> None:
    subject = visit()
    number = rates(subject, 1)
    with arranged():
        RatingFollowUp.objects.update(state=state)
    desk = official("department_official", DAOLI).actor()
    long_after = NOW + timedelta(days=30)
    if event == "dropped":
        appeal_rating(actor=desk, rating_id=number, kind="mistaken", reason="误评", now=NOW)
    possible = FOLLOW_UP.may(state, event)

    def act() -> None:
        if event == "called":
            note_call(actor=desk, rating_id=number, text="已联系", now=NOW)
        elif event == "corrected":
            note_correction(actor=desk, rating_id=number, text="已改", now=NOW)
        elif event == "ended":
            end_follow_up(actor=desk, rating_id=number, now=NOW)
        elif event == "dropped":
            supervisor = official("supervisor", HARBIN).actor()
            decide_appeal(actor=supervisor, rating_id=number, upheld=True, decision="属实", now=NOW)
        elif event == "opened_again":
            # What waits ends first, where the same was done once more.
            rates(subject, 1, now=long_after, done_at=long_after)
        else:
            rates(subject, 5, now=long_after)

    if event == "opened_again":
        act()
        expected = "open"
    elif possible or event == "dropped":
        # An appeal that is upheld excludes the rating whatever became of its follow-up.
        act()
        expected = FOLLOW_UP.after(state, event) if possible else state
    else:
        with no_event(), pytest.raises(NotPossibleNow):
            act()
        expected = state
    assert RatingFollowUp.objects.get().state == expected


WHO_MAY = {
    "see": {
        "window_official",
        "department_official",
        "approver",
        "policy_author",
        "treasurer",
        "supervisor",
        "leader",
    },
    "read": {"window_official", "department_official"},
    "call": {"window_official", "department_official"},
    "appeal": {"window_official", "department_official"},
    "decide": {"supervisor"},
}


@pytest.mark.parametrize("role", [*sorted(WHO_MAY["see"]), "operator", "auditor"])
def test_who_may_do_what(role: str) -> None:
    number = rates(visit(), 1, words="演示")
    # Of the agency that was rated; appeals are decided by another.
    actor, above = official(role, DAOLI).actor(), official(role, HARBIN).actor()
    appealed = rates(visit(), 1)
    appeal_rating(actor=SYSTEM, rating_id=appealed, kind="mistaken", reason="误评", now=NOW)

    def told(text: str) -> dict[str, object]:
        return {"actor": actor, "rating_id": number, "text": text, "now": NOW}

    tried: dict[str, Callable[[], object]] = {
        "see": lambda: get_rating(actor=actor, rating_id=number),
        "read": lambda: read_words(actor=actor, rating_id=number, purpose="核实", now=NOW),
        "call": lambda: note_call(**told("已联系")),  # type: ignore[arg-type]
        "appeal": lambda: appeal_rating(
            actor=actor, rating_id=number, kind="malicious", reason="恶意", now=NOW
        ),
        "decide": lambda: decide_appeal(
            actor=above, rating_id=appealed, upheld=False, decision="不属实", now=NOW
        ),
    }
    could = set()
    for what, act in tried.items():
        try:
            act()
            could.add(what)
        except NotAllowed:
            pass
    assert could == {what for what, roles in WHO_MAY.items() if role in roles}


def test_rules_that_cannot_be_read_say_where() -> None:
    with pytest.raises(UnknownRatedKind):
        rates(visit(kind="nothing"))
    for broken in (RULES.replace("publish_from: 3", "publish_from: 0"), "steps: []", RULES + "extra: {"):
        with pytest.raises(InvalidRatingRules):
            read_rating_rules(broken, name="window")


def by_another(subject: Rated) -> Rated:
    """The same, done again by another agency."""
    other = agency(DAOLI, "housing-construction")
    return replace(subject, agency_id=other.pk)


def put_right(number: int) -> None:
    desk = official("department_official", DAOLI).actor()
    note_call(actor=desk, rating_id=number, text="已联系", now=NOW)
    note_correction(actor=desk, rating_id=number, text="已改", now=NOW)


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("level", [1, 5])
def test_done_again_while_a_follow_up_waits_the_new_one_is_meant(corrected: bool, level: int) -> None:
    subject = visit()
    number = rates(subject, 1)
    if corrected:
        put_right(number)
    first = RatingFollowUp.objects.get()
    later = NOW + timedelta(days=2)
    rates(by_another(subject), level, now=later, done_at=later)
    row = Rating.objects.select_related("follow_up").get()
    assert row.agency_id == by_another(subject).agency_id
    assert row.follow_up.state == ("open" if level == 1 else "closed")
    clock = get_deadline(actor=SYSTEM, deadline_id=first.deadline_id)
    # Whoever did not put it right has not met anything.
    assert clock.state == ("met" if corrected else "cancelled")
    if level == 1:
        assert (row.follow_up.opened_at, row.follow_up.called_at) == (later, None)
        assert row.follow_up.deadline_id != first.deadline_id


def test_bad_after_all_it_is_followed_up_unless_it_was_put_right() -> None:
    subject = visit()
    number = rates(subject, 1)
    rates(subject, 5)
    rates(subject, 1)
    assert get_rating(actor=SYSTEM, rating_id=number).follow_up == "open"
    put_right(number)
    rates(subject, 1)
    assert get_rating(actor=SYSTEM, rating_id=number).follow_up == "closed"
    # Done again well; bad after all a day later.
    later = NOW + timedelta(days=2)
    rates(subject, 5, now=later, done_at=later)
    rates(subject, 2, now=later + timedelta(days=1), done_at=later)
    assert get_rating(actor=SYSTEM, rating_id=number).follow_up == "open"


def test_a_bad_rating_stands_with_the_agency_that_was_rated_and_on_its_day() -> None:
    good_first, subject = visit(), visit()
    rates(good_first, 5)
    rates(subject, 1)
    later = NOW + timedelta(days=3)
    rates(by_another(subject), 5, now=later, done_at=later)
    rates(good_first, 1, now=later)
    found = bad_ratings(kind="window", since=NOW, until=NOW + timedelta(days=1))
    mine = agency(DAOLI).pk
    assert [(each.subject_id, each.agency_id, each.given_at) for each in found] == [(subject.id, mine, NOW)]
    found = bad_ratings(kind="window", since=later, until=later + timedelta(days=1))
    assert [(each.subject_id, each.agency_id) for each in found] == [(good_first.id, mine)]
    # Excluded it is no longer held against anybody; what stood before stays.
    rates(by_another(subject), 1, now=later + timedelta(days=1), done_at=later + timedelta(days=1))
    appeals(subject, now=later + timedelta(days=1))
    assert list(
        BadRating.objects.filter(rating__subject_id=subject.id).order_by("turn").values_list("dropped")
    ) == [
        (False,),
        (True,),
    ]


def appeals(subject: Rated, *, upheld: bool = True, now: datetime = NOW) -> None:
    number = Rating.objects.get(subject_id=subject.id, kind="window").pk
    appeal_rating(actor=SYSTEM, rating_id=number, kind="mistaken", reason="误评", now=now)
    above = official("supervisor", HARBIN).actor()
    decide_appeal(actor=above, rating_id=number, upheld=upheld, decision="属实", now=now)


def test_an_excluded_one_is_rated_anew_once_it_was_done_again_and_may_be_appealed_against() -> None:
    subject = visit()
    number = rates(subject, 1)
    appeals(subject)
    with no_event(), pytest.raises(NotPossibleNow) as refused:
        rates(subject, 5)
    assert "申诉" in refused.value.message_zh
    later = NOW + timedelta(days=2)
    rates(subject, 1, now=later, done_at=later)
    found = get_rating(actor=SYSTEM, rating_id=number)
    assert (found.excluded, found.follow_up, found.appeal) == (False, "open", "over")
    appeals(subject, upheld=False, now=later)
    assert get_rating(actor=SYSTEM, rating_id=number).appeal == "rejected"


def test_an_appeal_is_not_decided_on_what_is_no_longer_said() -> None:
    changed, again = visit(), visit()
    later = NOW + timedelta(days=1)
    for subject in (changed, again):
        number = rates(subject, 1)
        appeal_rating(actor=SYSTEM, rating_id=number, kind="malicious", reason="恶意", now=NOW)
    rates(changed, 5, now=later)
    rates(by_another(again), 1, now=later, done_at=later)
    above = official("supervisor", HARBIN).actor()
    for row in Rating.objects.all():
        assert row.appeal.state == "over" and row.appeal.agency_id == agency(DAOLI).pk
        with no_event(), pytest.raises(NotPossibleNow):
            decide_appeal(actor=above, rating_id=row.pk, upheld=True, decision="属实", now=later)
    assert RatingAppeal.objects.count() == 2


def test_only_the_agency_that_was_rated_follows_up() -> None:
    number = rates(visit(), 1, words="演示")
    other = official("department_official", DAOLI, "housing-construction").actor()
    assert get_rating(actor=other, rating_id=number).level == 1
    tried: list[tuple[Callable[..., object], dict[str, str]]] = [
        (note_call, {"text": "已联系"}),
        (note_correction, {"text": "已改"}),
        (end_follow_up, {}),
        (appeal_rating, {"kind": "mistaken", "reason": "误评"}),
        (read_words, {"purpose": "核实"}),
    ]
    for act, more in tried:
        with no_event(), pytest.raises(NotYourRating):
            act(actor=other, rating_id=number, now=NOW, **more)
    assert ratings(actor=other).total == 1 and ratings(actor=other, mine=True).total == 0


def test_who_rates_without_a_name_is_in_no_event() -> None:
    named, unnamed = visit(), visit(named=False)
    for subject in (named, unnamed):
        number = rates(subject, 5)
        rates(subject, 4)
        events = AuditEvent.objects.filter(target_kind="rating", target_id=str(number))
        assert {(each.actor_kind, bool(each.actor_id), bool(each.actor_name)) for each in events} == {
            ("user", True, True) if subject.named else ("visitor", False, False)
        }


def test_a_tap_on_a_level_leaves_what_was_written() -> None:
    subject = visit()
    rates(subject, 1, reasons=["slow"], words="太慢")
    rates(subject, 2, reasons=None, words=None)
    row = Rating.objects.get()
    assert (row.level, row.reasons, row.words) == (2, ["slow"], "太慢")
    # With what is good nothing bad stays, and of another time nothing at all.
    rates(subject, 5, reasons=None, words=None)
    row.refresh_from_db()
    assert (row.reasons, row.words) == ([], "")


def test_results_are_summed_once_for_some_minutes() -> None:
    rates(visit())
    cache.clear()
    first = public_ratings(kind="window")
    rates(visit())
    rates(visit())
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert public_ratings(kind="window") == first == ()
    assert len(asked) == 1 and "ratings_rating" not in asked[0]["sql"]
    # Other rules are other results at once.
    kinds.register_rated(
        replace(
            kinds.rated_kind("window"),
            rules=read_rating_rules(RULES.replace("publish_from: 3", "publish_from: 2"), name="window"),
        )
    )
    assert [each.total for each in public_ratings(kind="window")] == [3]


def test_a_day_that_a_calendar_moved_is_moved_in_the_list() -> None:
    waits, over = rates(visit(), 1), rates(visit(), 1)
    put_right(over)
    with arranged():
        RatingFollowUp.objects.update(due_on=NOW.date())
        Rating.objects.update(waits_until=NOW.date())
    with one_event("ratings.due_moved"):
        assert follow_calendars(actor=SYSTEM, now=NOW) == 1
    row = Rating.objects.select_related("follow_up").get(pk=waits)
    due = get_deadline(actor=SYSTEM, deadline_id=row.follow_up.deadline_id).due_on
    assert row.waits_until == row.follow_up.due_on == due
    with no_event():
        assert follow_calendars(actor=SYSTEM, now=NOW) == 0
